-- Follow a CDN's edge errors: JSON lines through filter, sample, fields and a transform, to a file.
local p = require "penstock"

p.pipeline "edge-errors" {
  p.source.file { path = "examples/data/edge.ndjson", format = "json", follow = false },

  p.filter "EdgeResponseStatusCode >= 500 and not ClientRequestPath starts_with '/health'",
  p.sample { rate = 0.5, key = "ClientIP", add_rate = "SampleRate" },
  p.fields { "EdgeStartTimestamp", "ClientIP", "ClientRequestHost", "ClientRequestPath", "EdgeResponseStatusCode", "SampleRate" },
  p.transform (function(event)
    event.ClientRequestHost = event.ClientRequestHost:lower()
  end),

  p.sink.file { path = "out/edge-errors.ndjson" },
}
