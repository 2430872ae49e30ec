local format = require "penstock.schema.format"

return {
  name = "file",
  doc = "Writes events to files: named by time, rotated by an atomic rename, synced before they are acked.",
  since = "0.1",
  example = 'p.sink.file { path = "/data/{yyyy}/{MM}/{dd}/edge.ndjson.gz", compression = "gzip", rotate = { size = "100MiB", every = "1h" } }',
  options = format.with_output {
    { "path", type = "string", required = true, example = '"/data/edge-{yyyy}{MM}{dd}.ndjson"',
      doc = "the file; `{yyyy} {MM} {dd} {HH} {mm}` are the time of writing, in UTC, `{pipeline} {host} {worker}` who writes" },
    { "compression", type = "string", values = { "none", "gzip", "zlib", "snappy", "zstd", "lz4" }, default = "none",
      doc = "each batch is compressed on its own and appended" },
    { "compression_level", type = "integer", min = -100, max = 22, doc = "default: the codec's own; each codec has its range" },
    { "rotate", type = "table", flatten = true, doc = "when a new file is begun; without it: never", options = {
      { "size", type = "bytes", as = "rotate_bytes", default = 0, example = '"100MiB"', doc = "at this size; 0: whatever the size" },
      { "every", type = "duration", as = "rotate_interval_ms", default = 0, example = '"1h"', doc = "at this age; 0: whatever the age" },
    } },
    { "batch", type = "table", flatten = true, doc = "what is written at once", options = {
      { "bytes", type = "bytes", as = "batch_bytes", default = "1MiB", min = 1, max = "256MiB", doc = "encoded bytes, before compression" },
    } },
    { "linger", type = "duration", default = "1s", min = 0, max = "1h", doc = "how long a batch that is not full waits for more events" },
    { "fsync", type = "any", values = { "auto", true, false }, default = "auto",
      doc = "sync to disk before events are acked; `auto`: when somebody moves a position by that" },
    { "mode", type = "string", default = "0644", doc = "permissions of new files, in octal" },
  },
  check = function(options, report)
    format.check_output(options, report)
    if options.mode and not string.match(options.mode, "^0?[0-7][0-7][0-7]$") then
      report("option 'mode' must be octal permissions such as \"0640\", got \"" .. options.mode .. "\"")
    end
  end,
}
