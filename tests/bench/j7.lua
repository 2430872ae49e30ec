-- J7: J2's filter and fields, compressed and sent over HTTP.
local p = require "penstock"

p.pipeline "j7" {
  p.source.file { path = p.param "input", format = "json", follow = false },
  p.filter "EdgeResponseStatusCode >= 500 or ClientRequestPath starts_with '/api/'",
  p.fields { "ClientIP", "ClientRequestHost", "ClientRequestMethod", "ClientRequestPath",
             "EdgeResponseBytes", "EdgeResponseStatusCode", "EdgeStartTimestamp", "RayID" },
  p.sink.http { url = p.param "url", compression = "gzip" },
}
