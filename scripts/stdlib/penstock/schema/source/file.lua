local format = require "penstock.schema.format"

return {
  name = "file",
  doc = "Reads files: to their end, or for ever as they grow, over rotation, and from where it stopped.",
  since = "0.1",
  example = 'p.source.file { path = "/var/log/edge/*.ndjson", format = "json" }',
  options = format.with_input {
    { "path", type = "strings", keep_text = true, required = true, example = '"/var/log/app/*.log"',
      doc = "paths or globs (`*`, `?`, `[a-z]`, `**` for folders at any depth)" },
    { "exclude", type = "strings", example = '"*.tmp"', doc = "globs of paths that are left out" },
    { "follow", type = "boolean", default = true,
      doc = "wait for more at a file's end, and for new files; false: read to the end and finish" },
    { "from", type = "string", values = { "beginning", "end" }, default = "beginning",
      doc = "where a file without a checkpoint begins that is there at the start; files that appear later are read whole" },
    { "rescan", type = "duration", default = "1s", min = "10ms", max = "1h", doc = "how often new files and rotation are looked for" },
    { "compression", type = "string", values = { "auto", "none", "gzip", "zlib", "snappy", "zstd", "lz4" }, default = "auto",
      doc = "`auto` looks at a file's first bytes" },
    { "files_open_max", type = "integer", default = 512, min = 1, max = 1000000, doc = "files open at a time; more are served in turn" },
    { "fingerprint", type = "bytes", default = 256, min = 16, max = "4KiB",
      doc = "how many first bytes, with device and inode, make a file's identity" },
    { "max_event", type = "bytes", default = "1MiB", min = 64, max = "256MiB",
      doc = "a longer event goes to the dead letter, cut to this length" },
  },
  check = format.check_input,
}
