-- Say what a pipeline does with an event, beside it: `penstock test examples/tested.lua` runs the cases without any file.
local p = require "penstock"

p.pipeline "tested" {
  p.source.file { path = "examples/data/requests.ndjson", format = "json", follow = false },
  p.filter "status >= 500",
  p.fields { "path", "status" },
  p.transform (function(event) event.class = math.floor(event.status / 100) .. "xx" end),
  p.sink.stdout {},
}

p.test "a server error is kept and classed" {
  pipeline = "tested",
  input = { { path = "/pay", status = 502, ms = 3 } },
  output = { { path = "/pay", status = 502, class = "5xx" } },
}

p.test "what went well is dropped" {
  pipeline = "tested",
  input = { { path = "/", status = 200 } },
  output = {},
}
