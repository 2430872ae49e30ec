-- One of many: every process that runs this script with the same group gets a share of the topic's partitions.
local p = require "penstock"

p.pipeline "errors" {
  p.source.kafka { brokers = p.param "BROKERS", topic = "edge-logs", group = "errors", session_timeout = "6s", metadata = "kafka" },
  p.filter "status >= 500 or severity in ('err', 'crit', 'alert', 'emerg')",
  p.set { worker = p.param "NAME" },
  p.sink.file { path = "out/errors-" .. p.param "NAME" .. ".ndjson" },
}
