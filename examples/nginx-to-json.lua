-- Turn nginx's access log into JSON lines on stdout.
local p = require "penstock"

p.pipeline "nginx-to-json" {
  p.source.file { path = "examples/data/nginx-access.log", format = "nginx", follow = false },
  p.sink.stdout {},
}
