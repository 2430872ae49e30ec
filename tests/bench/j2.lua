-- J2: a CDN's edge log, server errors and the API's requests, eight of 43 fields.
local p = require "penstock"

p.pipeline "j2" {
  p.source.file { path = p.param "input", format = "json", follow = false },
  p.filter "EdgeResponseStatusCode >= 500 or ClientRequestPath starts_with '/api/'",
  p.fields { "ClientIP", "ClientRequestHost", "ClientRequestMethod", "ClientRequestPath",
             "EdgeResponseBytes", "EdgeResponseStatusCode", "EdgeStartTimestamp", "RayID" },
  p.sink.file { path = p.param "output" },
}
