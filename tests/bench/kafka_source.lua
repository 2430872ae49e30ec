-- The edge log out of Kafka, through filter and fields.
local p = require "penstock"

p.pipeline "bench" {
  p.source.kafka { brokers = p.param "brokers", topic = p.param "topic", group = p.param "group", follow = false },
  p.filter "EdgeResponseStatusCode >= 400",
  p.fields { "EdgeStartTimestamp", "ClientIP", "ClientRequestHost", "EdgeResponseStatusCode" },
  p.sink.blackhole {},
}
