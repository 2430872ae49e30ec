-- Send each event where it belongs: errors to one file, slow requests to another, the rest to a third.
local p = require "penstock"

p.pipeline "route" {
  p.source.file { path = "examples/data/requests.ndjson", format = "json", follow = false },
  p.remove { "RequestHeaders", "ResponseHeaders", "Cookies" },
  p.route {
    { "status >= 500", p.sink.file { path = "out/route-errors.ndjson" } },
    { "ms > 1000", p.set { slow = true }, p.sink.file { path = "out/route-slow.ndjson" } },
    otherwise = { p.sink.file { path = "out/route-rest.ndjson" } },
  },
}
