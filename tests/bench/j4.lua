-- J4: a function of Lua for every event: drop what went well, lowercase the host, add a field; all fields out.
local p = require "penstock"

p.pipeline "j4" {
  p.source.file { path = p.param "input", format = "json", follow = false },
  p.transform (function(event)
    if event.EdgeResponseStatusCode < 400 then return false end
    event.ClientRequestHost = event.ClientRequestHost:lower()
    event.pipeline = "edge"
  end),
  p.sink.file { path = p.param "output" },
}
