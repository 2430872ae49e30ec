-- Read syslog of both kinds (RFC 5424 and 3164) and keep what is an error or worse.
local p = require "penstock"

p.pipeline "syslog" {
  p.source.file { path = "examples/data/syslog.log", format = "syslog", follow = false },
  p.filter "severity in ('emerg', 'alert', 'crit', 'err')",
  p.fields { "hostname", "app_name", "severity", "message" },
  p.sink.stdout {},
}
