local kafka = require "penstock.schema.kafka"

return {
  name = "kafka",
  doc = "Sends events to a topic of Kafka, each as a message. Delivered means that the brokers have it (`acks`): delivery reports are what acks. "
    .. "A message that is refused (too large, a timestamp that the topic does not take) goes to the dead letter by itself; a missing topic, missing rights and failed "
    .. "authentication pause the sink; everything else is tried again for as long as it takes.",
  since = "0.1",
  example = 'p.sink.kafka { brokers = "kafka-1:9092,kafka-2:9092", topic = "edge-logs", key = "{ClientIP}", compression = "zstd" }',
  options = kafka.with_producer({}),
  check = function(options, report, given, warn)
    kafka.check_producer(options, report, given, warn)
    kafka.warn_of_client(options, warn)
  end,
}
