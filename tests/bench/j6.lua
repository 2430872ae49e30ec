-- J6: syslog over TCP to JSON.
local p = require "penstock"

p.pipeline "j6" {
  p.source.syslog { listen = "127.0.0.1:" .. p.param "port" },
  p.sink.file { path = p.param "output" },
}
