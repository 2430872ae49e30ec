#include "bindings/kafka/kafka_source_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

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

std::string property_of(ValueMap options, const char* name) {
  const Result<Conf> conf = KafkaSourceOptions::from(with(std::move(options)), 0).value().conf(0);
  std::array<char, 512> value{};
  std::size_t size = value.size();
  EXPECT_EQ(rd_kafka_conf_get(conf.value().get(), name, value.data(), &size), RD_KAFKA_CONF_OK) << name;
  return value.data();
}

TEST(KafkaSourceOptions, PropertiesGoOverDefaultsByAnyOfTheirNames) {
  EXPECT_EQ(property_of({}, "fetch.message.max.bytes"), "1048576");
  for (const char* name : {"fetch.message.max.bytes", "max.partition.fetch.bytes"})
    EXPECT_EQ(property_of({{"properties", ValueMap{{name, 5000}}}}, "fetch.message.max.bytes"), "5000") << name;
}

TEST(KafkaSourceOptions, ASessionMayBeLongerThanLibrdkafkasPollInterval) {
  EXPECT_EQ(property_of({}, "max.poll.interval.ms"), "300000");
  EXPECT_EQ(property_of({{"session_timeout_ms", 3600000}}, "max.poll.interval.ms"), "3600000");
}

#if !defined(__SANITIZE_THREAD__)

TEST(KafkaSourceOptions, WhatLibrdkafkaWouldNotBeginWithIsSaidWhileChecking) {
  EXPECT_THAT(wrong_with({{"properties", ValueMap{{"max.poll.interval.ms", 1000}}}}, false),
              ::testing::AllOf(::testing::HasSubstr("librdkafka refuses what the options come to: `max.poll.interval.ms`"),
                               ::testing::HasSubstr("(hint: session.timeout.ms is option 'session_timeout')")));
  EXPECT_THAT(wrong_with({{"properties", ValueMap{{"fetch.max.bytes", 200'000'000}}}}, false), ::testing::HasSubstr("receive.message.max.bytes"));
}

#endif

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
