-- One script, a pipeline for each level: an ordinary loop declares them.
local p = require "penstock"

for name, condition in pairs { ok = "status < 400", failed = "status >= 400" } do
  p.pipeline (name) {
    p.source.file { path = "examples/data/requests.ndjson", format = "json", follow = false },
    p.filter (condition),
    p.fields { "time", "path", "status" },
    p.sink.file { path = "out/requests-" .. name .. ".ndjson" },
  }
end
