#include "bindings/kafka/statistics.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace penstock::kafka {
namespace {

// As librdkafka's STATISTICS.md shows it, shortened.
constexpr std::string_view consumer_and_producer = R"({
  "name": "rdkafka#producer-1", "msg_cnt": 22710, "msg_size": 704010, "txmsgs": 5, "rxmsgs": -1,
  "brokers": {
    "localhost:9092/2": { "name": "localhost:9092/2", "nodeid": 2, "nodename": "localhost:9092", "state": "UP", "tx": 320, "txerrs": 1,
                          "rtt": { "avg": 2500, "p99": 10000 }, "throttle": { "avg": 2000 } },
    "gone:9092/3": { "nodeid": 3, "nodename": "gone:9092", "state": "DOWN", "tx": 0 },
    "localhost:9092/bootstrap": { "nodeid": -1, "nodename": "localhost:9092", "state": "UP", "tx": 3 }
  },
  "topics": {
    "test": { "topic": "test", "batchsize": { "avg": 99174 }, "batchcnt": { "avg": 2974, "cnt": 8 },
      "partitions": {
        "0": { "partition": 0, "fetch_state": "active", "consumer_lag_stored": 12, "fetchq_cnt": 7 },
        "1": { "partition": 1, "fetch_state": "active", "consumer_lag_stored": -1, "fetchq_cnt": 0 },
        "2": { "partition": 2, "fetch_state": "none", "consumer_lag_stored": 5 },
        "-1": { "partition": -1, "fetch_state": "active" } } } },
  "cgrp": { "state": "up", "rebalance_cnt": 3, "assignment_size": 2 }
})";

using Labels = std::vector<std::pair<std::string, std::string>>;

class KafkaStatistics : public testing::Test {
 protected:
  const std::vector<OwnMetric> metrics_ = metrics_of(consumer_and_producer).value();

  // Nothing: there is no such sample.
  std::optional<double> value(std::string_view name, const Labels& labels) const {
    const auto found = std::find_if(metrics_.begin(), metrics_.end(), [&](const OwnMetric& metric) { return metric.name == name && metric.labels == labels; });
    return found == metrics_.end() ? std::nullopt : std::optional(found->value);
  }
};

TEST_F(KafkaStatistics, TellWhatWaitsInTheClient) {
  EXPECT_EQ(value("penstock_kafka_queued_messages", {}), 22710);
  EXPECT_EQ(value("penstock_kafka_queued_bytes", {}), 704010);
  EXPECT_EQ(value("penstock_kafka_group_rebalances_total", {}), 3);
}

TEST_F(KafkaStatistics, TellEachBrokerInBaseUnits) {
  const Labels up{{"broker", "localhost:9092"}}, down{{"broker", "gone:9092"}};
  EXPECT_EQ(value("penstock_kafka_broker_up", up), 1);
  EXPECT_EQ(value("penstock_kafka_broker_up", down), 0);
  EXPECT_EQ(value("penstock_kafka_broker_requests_total", up), 320);
  EXPECT_DOUBLE_EQ(*value("penstock_kafka_broker_round_trip_mean_seconds", up), 0.0025);
  EXPECT_DOUBLE_EQ(*value("penstock_kafka_broker_throttle_mean_seconds", up), 2);
}

TEST_F(KafkaStatistics, LeaveAddressesToBeginWithOut) {
  EXPECT_EQ(std::count_if(metrics_.begin(), metrics_.end(), [](const OwnMetric& metric) { return metric.name == std::string_view("penstock_kafka_broker_up"); }), 2);
}

TEST_F(KafkaStatistics, TellTheLagOfPartitionsThatAreConsumed) {
  const auto lag = [this](const char* partition) { return value("penstock_kafka_partition_lag_messages", {{"topic", "test"}, {"partition", partition}}); };
  EXPECT_EQ(lag("0"), 12);
  EXPECT_EQ(lag("1"), std::nullopt) << "not known yet";
  EXPECT_EQ(lag("2"), std::nullopt) << "not consumed";
  EXPECT_EQ(lag("-1"), std::nullopt) << "no partition";
}

TEST_F(KafkaStatistics, TellTheBatchesOfATopicThatWasProducedTo) {
  EXPECT_EQ(value("penstock_kafka_batch_mean_bytes", {{"topic", "test"}}), 99174);
}

TEST(KafkaStatisticsText, ThatIsNoJsonIsCorrupt) {
  for (const char* text : {"", "[]", "{", "nothing"}) EXPECT_EQ(metrics_of(text).status().code(), Code::corrupt) << text;
  EXPECT_TRUE(metrics_of("{}").value().empty());
}

}  // namespace
}  // namespace penstock::kafka
