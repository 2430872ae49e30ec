-- Collect logs that were delivered before: the server errors of a bucket's objects. Without a bucket, of the sample:
--   penstock run examples/collect-again.lua --set bucket=edge-logs --set prefix=logs/edge/2026/11/
local p = require "penstock"

local bucket, prefix = p.param("bucket", ""), p.param("prefix", "")

p.pipeline "collect-again" {
  bucket ~= "" and p.source.s3 { bucket = bucket, prefix = prefix ~= "" and prefix or nil, match = "*.ndjson*", format = "json", follow = false }
    or p.source.file { path = "examples/data/requests.ndjson", format = "json", follow = false },
  p.filter "status >= 500",
  p.fields { "time", "path", "status", "ms" },
  p.sink.file { path = "out/collect-again.ndjson" },
}
