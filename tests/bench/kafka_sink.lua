-- A CDN's edge log without server errors, eight of 43 fields, into Kafka; batches as the setting says.
local p = require "penstock"

p.pipeline "kafka_sink" {
  p.source.file { path = p.param "input", format = "json", follow = false },
  p.filter "EdgeResponseStatusCode < 500",
  p.fields { "ClientIP", "ClientRequestHost", "ClientRequestMethod", "ClientRequestPath",
             "EdgeResponseBytes", "EdgeResponseStatusCode", "EdgeStartTimestamp", "RayID" },
  p.sink.kafka {
    brokers = p.param "brokers", topic = p.param "topic", compression = p.param "compression",
    properties = { ["batch.size"] = p.param "batch_bytes", ["linger.ms"] = p.param "linger_ms" },
  },
}
