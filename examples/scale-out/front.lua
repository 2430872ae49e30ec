-- The front: takes events over HTTP and syslog, writes them to Kafka, and leaves the work to the workers.
local p = require "penstock"

-- A request is answered when the brokers have its events.
p.pipeline "http" {
  p.source.http { listen = p.param "HTTP", path = "/ingest", format = "json" },
  p.sink.kafka { brokers = p.param "BROKERS", topic = "edge-logs", key = "{host}", linger = "20ms" },
}

-- Nobody is answered: what was read is on disk (--state) as soon as it can be, and waits there for brokers that are away.
p.pipeline "syslog" {
  p.source.syslog { listen = p.param "SYSLOG", transport = { "tcp", "udp" } },
  p.sink.kafka { brokers = p.param "BROKERS", topic = "edge-logs", key = "{hostname}", linger = "20ms", buffer = { type = "disk" } },
}
