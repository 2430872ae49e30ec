-- J5: nginx's combined lines to JSON.
local p = require "penstock"

p.pipeline "j5" {
  p.source.file { path = p.param "input", format = "nginx", follow = false },
  p.sink.file { path = p.param "output" },
}
