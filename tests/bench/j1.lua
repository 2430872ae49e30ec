-- J1: lines through to a file, unparsed.
local p = require "penstock"

p.pipeline "j1" {
  p.source.file { path = p.param "input", format = "lines", follow = false },
  p.sink.file { path = p.param "output", format = "raw" },
}
