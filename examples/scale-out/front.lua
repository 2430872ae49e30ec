-- The front: takes events over HTTP and syslog, answers when the brokers have them, and leaves the work to the workers.
local p = require "penstock"

p.pipeline "intake" {
  p.source.http { listen = p.param "LISTEN", path = "/ingest", format = "json" },
  p.sink.kafka { brokers = p.param "BROKERS", topic = "edge-logs", key = "{host}", linger = "20ms" },
}
