#include "bindings/kafka/statistics.h"

#include <simdjson.h>

#include <string>

namespace penstock::kafka {

namespace {

namespace dom = simdjson::dom;
using Labels = std::vector<std::pair<std::string, std::string>>;

constexpr auto counter = OwnMetric::Type::counter;
constexpr auto gauge = OwnMetric::Type::gauge;
constexpr std::size_t rows_max = 1000;

struct Row {
  const char* pointer;  // into the object that it is a number of
  const char* name;
  OwnMetric::Type type;
  const char* help;
  double unit;          // of a base unit
};

constexpr Row client_rows[] = {
    {"/msg_cnt", "penstock_kafka_queued_messages", gauge, "Messages in the producer, those on their way included.", 1},
    {"/msg_size", "penstock_kafka_queued_bytes", gauge, "Their size.", 1},
    {"/txmsgs", "penstock_kafka_sent_messages_total", counter, "Messages sent to brokers.", 1},
    {"/txmsg_bytes", "penstock_kafka_sent_message_bytes_total", counter, "Their size before compression.", 1},
    {"/rxmsgs", "penstock_kafka_received_messages_total", counter, "Messages consumed from brokers.", 1},
    {"/rxmsg_bytes", "penstock_kafka_received_message_bytes_total", counter, "Their size.", 1},
    {"/cgrp/rebalance_cnt", "penstock_kafka_group_rebalances_total", counter, "Rebalances of the consumer group that this member saw.", 1},
    {"/cgrp/assignment_size", "penstock_kafka_assigned_partitions", gauge, "Partitions that this member has.", 1},
};

constexpr Row broker_rows[] = {
    {"/tx", "penstock_kafka_broker_requests_total", counter, "Requests sent to a broker.", 1},
    {"/txbytes", "penstock_kafka_broker_sent_bytes_total", counter, "Bytes sent to a broker.", 1},
    {"/rxbytes", "penstock_kafka_broker_received_bytes_total", counter, "Bytes received from a broker.", 1},
    {"/txerrs", "penstock_kafka_broker_send_errors_total", counter, "Requests that could not be sent.", 1},
    {"/rxerrs", "penstock_kafka_broker_receive_errors_total", counter, "Answers that could not be received.", 1},
    {"/txretries", "penstock_kafka_broker_retries_total", counter, "Requests that were sent again.", 1},
    {"/req_timeouts", "penstock_kafka_broker_timeouts_total", counter, "Requests that nobody answered in time.", 1},
    {"/waitresp_cnt", "penstock_kafka_broker_waiting_requests", gauge, "Requests that wait for their answer.", 1},
    {"/outbuf_cnt", "penstock_kafka_broker_unsent_requests", gauge, "Requests that wait to be sent.", 1},
    {"/rtt/avg", "penstock_kafka_broker_round_trip_mean_seconds", gauge, "Mean time to an answer, of the latest interval.", 1e-6},
    {"/rtt/p99", "penstock_kafka_broker_round_trip_p99_seconds", gauge, "99th percentile of the time to an answer, of the latest interval.", 1e-6},
    {"/throttle/avg", "penstock_kafka_broker_throttle_mean_seconds", gauge, "How long a broker asked to wait, in the mean of the latest interval.", 1e-3},
};

constexpr Row topic_rows[] = {
    {"/batchsize/avg", "penstock_kafka_batch_mean_bytes", gauge, "Mean size of the batches sent, of the latest interval.", 1},
    {"/batchcnt/avg", "penstock_kafka_batch_mean_messages", gauge, "Mean number of messages in them.", 1},
};

constexpr Row partition_rows[] = {
    {"/consumer_lag_stored", "penstock_kafka_partition_lag_messages", gauge, "Messages of a partition that are not safe at their destination yet.", 1},
    {"/fetchq_cnt", "penstock_kafka_partition_fetched_messages", gauge, "Messages fetched ahead.", 1},
};

class Reader {
 public:
  std::vector<OwnMetric> metrics;

  template <std::size_t Count>
  void add(const Row (&rows)[Count], dom::element object, const Labels& labels) {
    for (const Row& row : rows) {
      double value = 0;
      if (object.at_pointer(row.pointer).get(value) != simdjson::SUCCESS || value < 0) continue;
      metrics.push_back({row.name, row.type, row.help, labels, value * row.unit});
    }
  }

  void add_broker(dom::element broker) {
    std::string_view name, state;
    std::int64_t number = -1;
    // Those below 0 are addresses to begin with, and roles (GroupCoordinator) that a broker with a number plays.
    if (broker["nodeid"].get(number) != simdjson::SUCCESS || number < 0 || broker["nodename"].get(name) != simdjson::SUCCESS) return;
    const bool up = broker["state"].get(state) == simdjson::SUCCESS && state == "UP";
    const Labels labels{{"broker", std::string(name)}};
    metrics.push_back({"penstock_kafka_broker_up", gauge, "1: connected; 0: not, or not needed yet.", labels, up ? 1.0 : 0.0});
    add(broker_rows, broker, labels);
  }

  void add_topic(std::string_view name, dom::element topic, std::size_t& partitions_left) {
    const Labels labels{{"topic", std::string(name)}};
    double batches = 0;
    if (topic.at_pointer("/batchcnt/cnt").get(batches) == simdjson::SUCCESS && batches > 0) add(topic_rows, topic, labels);
    dom::object partitions;
    if (topic["partitions"].get(partitions) != simdjson::SUCCESS) return;
    for (const auto [number, partition] : partitions) {
      std::string_view state;
      if (number == "-1" || partition["fetch_state"].get(state) != simdjson::SUCCESS || state == "none") continue;
      if (partitions_left == 0) return;
      --partitions_left;
      Labels with_partition = labels;
      with_partition.emplace_back("partition", number);
      add(partition_rows, partition, with_partition);
    }
  }
};

}  // namespace

Result<std::vector<OwnMetric>> metrics_of(std::string_view json) {
  dom::parser parser;
  dom::element root;
  dom::object brokers, topics;
  if (const auto error = parser.parse(json.data(), json.size()).get(root); error != simdjson::SUCCESS || !root.is_object())
    return Status(Code::corrupt, std::string("librdkafka's statistics are no JSON object: ") + simdjson::error_message(error));
  Reader reader;
  reader.add(client_rows, root, {});
  std::size_t brokers_left = rows_max, partitions_left = rows_max;
  if (root["brokers"].get(brokers) == simdjson::SUCCESS)
    for (const auto [name, broker] : brokers)
      if (brokers_left != 0) --brokers_left, reader.add_broker(broker);
  if (root["topics"].get(topics) == simdjson::SUCCESS)
    for (const auto [name, topic] : topics) reader.add_topic(name, topic, partitions_left);
  return std::move(reader.metrics);
}

}  // namespace penstock::kafka
