#include "bindings/kafka/sink_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace penstock::kafka {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Result<SinkOptions> read(ValueMap options) {
  options.try_emplace("brokers", Value("k:9092"));
  options.try_emplace("topic", Value("edge"));
  return SinkOptions::from(options);
}

std::string property_of(const ValueMap& options, const char* name) {
  const Result<SinkOptions> read_options = read(options);
  EXPECT_TRUE(read_options.ok()) << read_options.status().text();
  const Result<Conf> conf = read_options.value().conf();
  std::array<char, 512> value{};
  std::size_t size = value.size();
  // Properties of topics are in the conf's own topic conf.
  if (rd_kafka_conf_get(conf.value().get(), name, value.data(), &size) == RD_KAFKA_CONF_OK) return value.data();
  size = value.size();
  EXPECT_EQ(rd_kafka_topic_conf_get(rd_kafka_conf_get_default_topic_conf(conf.value().get()), name, value.data(), &size), RD_KAFKA_CONF_OK) << name;
  return value.data();
}

TEST(KafkaSinkOptions, NothingIsLostOrDoubledUnlessAskedFor) {
  EXPECT_EQ(property_of({}, "enable.idempotence"), "true");
  EXPECT_EQ(property_of({}, "acks"), "-1");
  EXPECT_EQ(property_of({{"acks", 1}}, "acks"), "1");
  EXPECT_EQ(property_of({{"acks", 1}}, "enable.idempotence"), "false");
  EXPECT_EQ(property_of({{"timeout_ms", 60000}}, "message.timeout.ms"), "60000");
  EXPECT_EQ(property_of({{"compression", "zstd"}}, "compression.codec"), "zstd");
  EXPECT_EQ(read({}).value().acks, SinkOptions::Acks::all);
  EXPECT_EQ(read({{"acks", 1}}).value().acks, SinkOptions::Acks::leader);
  EXPECT_EQ(read({{"acks", 0}}).value().acks, SinkOptions::Acks::none);
}

TEST(KafkaSinkOptions, PropertiesGoOverDefaultsAndNotOverOptions) {
  EXPECT_EQ(property_of({}, "linger.ms"), "5");
  EXPECT_EQ(property_of({{"properties", ValueMap{{"linger.ms", 20}}}}, "linger.ms"), "20");
  EXPECT_THAT(read({{"properties", ValueMap{{"acks", 1}}}}).status().text(), HasSubstr("acks is set by option 'acks'"));
  EXPECT_THAT(read({{"properties", ValueMap{{"partitioner", "random"}}}}).status().text(), HasSubstr("is set by option 'balancer'"));
}

TEST(KafkaSinkOptions, ATopicMadeOfFieldsBlamesTheEvent) {
  EXPECT_FALSE(read({}).value().bury_wrong_topics);
  EXPECT_TRUE(read({{"topic", "logs-{service}"}}).value().bury_wrong_topics);
  EXPECT_FALSE(read({{"topic", "logs-{service}"}, {"unknown_topic", "pause"}}).value().bury_wrong_topics);
  EXPECT_TRUE(read({{"unknown_topic", "dead_letter"}}).value().bury_wrong_topics);
}

TEST(KafkaSinkOptions, InABatchNothingIsMadeOfFields) {
  const SinkOptions options = read({{"mode", "batch"}, {"key", "k"}, {"headers", ValueMap{{"h", "v"}}}}).value();
  EXPECT_TRUE(options.has_batch_key);
  EXPECT_EQ(options.batch_key, "k");
  EXPECT_EQ(options.batch_headers.size(), 1u);
  for (const ValueMap& wrong : {ValueMap{{"key", "{a}"}}, ValueMap{{"topic", "{a}"}}, ValueMap{{"timestamp", "a"}}, ValueMap{{"headers", ValueMap{{"h", "{a}"}}}}}) {
    ValueMap given = wrong;
    given["mode"] = "batch";
    EXPECT_THAT(read(given).status().text(), HasSubstr("with mode = \"batch\" a message holds many"));
  }
}

TEST(KafkaSinkOptions, SayWhatIsWrong) {
  EXPECT_THAT(read({{"topic", "a b"}}).status().text(), HasSubstr("option 'topic': \"a b\" has characters"));
  EXPECT_THAT(read({{"timestamp", "a b"}}).status().text(), HasSubstr("option 'timestamp'"));
  EXPECT_THAT(read({{"balancer", "sticky"}}).status().text(), HasSubstr("option 'balancer'"));
  EXPECT_THAT(read({{"acks", 1}, {"idempotent", true}}).status().text(), HasSubstr("needs acks = \"all\""));
}

TEST(KafkaSinkOptions, EachCodecHasItsLevels) {
  struct Case {
    const char* codec;
    int highest;
  };
  for (const auto& [codec, highest] : {Case{"gzip", 9}, Case{"lz4", 12}, Case{"zstd", 12}}) {
    const auto with_level = [codec = codec](int level) { return ValueMap{{"compression", codec}, {"compression_level", level}}; };
    for (const int level : {1, highest}) EXPECT_EQ(property_of(with_level(level), "compression.level"), std::to_string(level)) << codec;
    for (const int level : {-1, 0, highest + 1})
      EXPECT_EQ(read(with_level(level)).status().text(),
                std::string("option 'compression_level' of ") + codec + " is 1 to " + std::to_string(highest) + ", got " + std::to_string(level));
    EXPECT_EQ(property_of({{"compression", codec}}, "compression.level"), "-1") << codec;
  }
  for (const char* codec : {"none", "snappy"})
    EXPECT_THAT(read({{"compression", codec}, {"compression_level", 1}}).status().text(), HasSubstr(std::string("compression \"") + codec + "\" has no levels"));
}

#if !defined(__SANITIZE_THREAD__)

TEST(KafkaSinkOptions, WhatLibrdkafkaWouldNotBeginWithIsSaidWhileChecking) {
  EXPECT_THAT(read({{"properties", ValueMap{{"max.in.flight", 10}}}}).status().text(),
              AllOf(HasSubstr("librdkafka refuses what the options come to: `max.in.flight` must be set <= 5"), HasSubstr("(hint: enable.idempotence is option 'idempotent')")));
  EXPECT_THAT(read({{"properties", ValueMap{{"retries", 0}}}}).status().text(), HasSubstr("`retries` must be set >= 1"));
  EXPECT_TRUE(read({{"idempotent", false}, {"properties", ValueMap{{"max.in.flight", 10}, {"retries", 0}}}}).ok());
  // No brokers are needed for a check.
  EXPECT_TRUE(read({{"brokers", "no-such-host.invalid:9092"}, {"tls", ValueMap{}}}).ok());
}

#endif

TEST(KafkaSinkOptions, AreDescribedWithoutSecrets) {
  const ValueMap sasl{{"mechanism", "SCRAM-SHA-512"}, {"user", "u"}, {"password", Secret("hunter2")}};
  EXPECT_EQ(read({{"topic", "logs-{a}"}, {"sasl", sasl}}).value().describe("kafka"), "kafka k:9092 SASL SCRAM-SHA-512 topic logs-{a} lz4");
}

}  // namespace
}  // namespace penstock::kafka
