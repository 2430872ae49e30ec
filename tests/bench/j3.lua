-- J3: J2, one event in ten, as gzip.
local p = require "penstock"

p.pipeline "j3" {
  p.source.file { path = p.param "input", format = "json", follow = false },
  p.filter "EdgeResponseStatusCode >= 500 or ClientRequestPath starts_with '/api/'",
  p.sample (0.1),
  p.fields { "ClientIP", "ClientRequestHost", "ClientRequestMethod", "ClientRequestPath",
             "EdgeResponseBytes", "EdgeResponseStatusCode", "EdgeStartTimestamp", "RayID" },
  p.sink.file { path = p.param "output", compression = "gzip" },
}
