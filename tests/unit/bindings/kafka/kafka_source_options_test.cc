#include "bindings/kafka/kafka_source_options.h"

#include <gtest/gtest.h>

namespace penstock::kafka {
namespace {

// As the schema fills them in.
Value with(ValueMap options) {
  options.merge(ValueMap{{"brokers", "k:9092"}, {"topic", "in"}, {"group", "g"}, {"prefetch_bytes_max", 16 << 20}, {"session_timeout_ms", 45000}, {"handover_timeout_ms", 10000},
                         {"commit_interval_ms", 1000}});
  return Value(std::move(options));
}

std::string wrong_with(ValueMap options, bool exactly_once) {
  const Result<KafkaSourceOptions> read = KafkaSourceOptions::from(with(std::move(options)), 0, exactly_once);
  return read.ok() ? "" : read.status().text();
}

TEST(KafkaSourceOptions, WithExactlyOnceTransactionsAreShortAndCommitted) {
  EXPECT_EQ(wrong_with({{"commit_interval_ms", 60000}}, true), "");
  EXPECT_EQ(wrong_with({{"commit_interval_ms", 60001}}, true).find("option 'commit_interval' is at most 60s"), 0u);
  EXPECT_EQ(wrong_with({{"read_uncommitted", true}}, true).find("option 'read_uncommitted'"), 0u);
  EXPECT_EQ(wrong_with({{"commit_interval_ms", 60001}, {"read_uncommitted", true}}, false), "");
}

TEST(KafkaSourceOptions, WithExactlyOnceTheSinkCommitsPositions) {
  for (const bool exactly_once : {false, true}) EXPECT_EQ(KafkaSourceOptions::from(with({}), 0, exactly_once).value().exactly_once, exactly_once);
}

}  // namespace
}  // namespace penstock::kafka
