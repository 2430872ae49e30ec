local format = require "penstock.schema.format"

return {
  name = "exec",
  doc = "Reads the output of a program, which is started again when it ends. Only with `--allow-exec PROGRAM` or `--unsafe`. Best effort: a program is told nothing.",
  since = "0.1",
  example = 'p.source.exec { command = { "journalctl", "--follow", "--output=json" }, format = "json" }',
  options = format.with_input {
    { "command", type = "strings", required = true, example = '{ "journalctl", "--follow" }',
      doc = "the program and its arguments; no shell reads them. Its standard error goes to the log" },
    { "restart", type = "boolean", default = true, doc = "start it again when it ends; false: the source ends with it" },
    { "backoff", type = "table", flatten = true, doc = "how long it is waited before the program is started again", options = {
      { "min", type = "duration", as = "backoff_min_ms", default = "1s", min = "10ms", max = "1h", doc = "after its first end" },
      { "max", type = "duration", as = "backoff_max_ms", default = "60s", min = "10ms", max = "1d",
        doc = "at most; the time doubles with each end, and is `min` again after a run as long as this" },
    } },
    { "stop_timeout", type = "duration", default = "5s", min = 0, max = "5m", doc = "at the end of the run it gets SIGTERM, and after this time SIGKILL" },
    { "env", type = "map", of = "text", example = '{ LANG = "C" }', doc = "added to its environment: name = string or secret" },
    { "cwd", type = "string", example = '"/var/lib/app"', doc = "the folder that it runs in; default: ours" },
    { "max_event", type = "bytes", default = "1MiB", min = 64, max = "256MiB", doc = "a longer event goes to the dead letter, cut to this length" },
  },
  check = function(options, report)
    format.check_input(options, report)
    if options.backoff_min_ms > options.backoff_max_ms then report("option 'backoff.min' must not be above 'backoff.max'") end
  end,
}
