-- Collect named request headers and cookies into one object field, as CDN log delivery does.
local p = require "penstock"

p.pipeline "custom-fields" {
  p.source.file { path = "examples/data/requests.ndjson", format = "json", follow = false },
  p.custom_fields { request_headers = { "X-Request-Id" }, response_headers = { "Content-Type" }, cookies = { "session" } },
  p.fields { "time", "path", "status", "CustomFields" },
  p.sink.stdout {},
}
