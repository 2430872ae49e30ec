local format = require "penstock.schema.format"
local kafka = require "penstock.schema.kafka"

return {
  name = "kafka",
  doc = "Reads topics of Kafka as a member of a consumer group: N processes with one script share the partitions, and so do the workers of a process. The group's "
    .. "positions move when events are acked; `--state` is not needed for them. A message is one event, or a line or a document each. Messages without a value are no events.",
  since = "0.1",
  example = 'p.source.kafka { brokers = "kafka-1:9092,kafka-2:9092", topic = "edge-logs", group = "penstock", metadata = "kafka" }',
  options = format.with_input(kafka.with_client {
    { "topic", type = "strings", keep_text = true, required = true, example = '{ "orders", "^edge-.*" }', doc = "topics; one that begins with `^` is a pattern for all topics whose name it finds" },
    { "group", type = "string", required = true, example = '"penstock"', doc = "the consumer group: who has the same shares the partitions, who has another gets all of them" },
    { "start", type = "string", default = "earliest", example = '"1h"',
      doc = "where a partition begins that the group has no position for: `earliest`, `latest`, a time (RFC 3339), or so long ago. `latest` misses what comes to a new partition before "
        .. "it is found" },
    { "follow", type = "boolean", default = true,
      doc = "wait for more; false: share with nobody, read every partition from the group's position to where it ended at the start, and finish" },
    { "metadata", type = "string", example = '"kafka"',
      doc = "the field that gets what is known of an event's message: an object with topic, partition, offset, timestamp (ms since 1970), key and headers; default: none" },
    { "instance_id", type = "string", example = 'p.param "NODE"',
      doc = "static membership: a process that comes back within session_timeout under the same name gets its partitions back without a rebalance. Unique for each process", source = "KIP-345" },
    { "prefetch", as = "prefetch_bytes_max", type = "bytes", default = "16MiB", min = "1MiB", max = "2047MiB",
      doc = "what a worker fetches ahead, also while sinks take nothing; at most 100,000 messages" },
    { "commit_interval", type = "duration", default = "1s", min = "10ms", max = "1h", doc = "how often positions are committed; they are when a partition goes elsewhere and at the end too" },
    { "session_timeout", type = "duration", default = "45s", min = "1s", max = "1h", doc = "a process that is not heard of for so long loses its partitions to others" },
    { "handover_timeout", type = "duration", default = "10s", min = "0s", max = "4m",
      doc = "how long a partition that goes to another member waits until its events under way are acked; what is not by then comes again there" },
    { "read_uncommitted", type = "boolean", default = false, doc = "read messages of transactions that are not committed, or never will be" },
    { "max_event", type = "bytes", default = "1MiB", min = 64, max = "256MiB", doc = "a longer event goes to the dead letter, cut to this length" },
  }),
  check = function(options, report, _, warn)
    format.check_input(options, report)
    kafka.warn_of_client(options, warn)
    if options.format == "csv" and (not options.columns or options.header) then
      report("option 'columns' is missing: messages have no header (hint: columns = { \"time\", \"status\" }, header = false)")
    end
  end,
}
