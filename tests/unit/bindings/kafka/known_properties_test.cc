#include "bindings/kafka/known_properties.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include <string>

namespace penstock::kafka {
namespace {

TEST(KafkaKnownProperties, AreThoseOfTheManual) {
  EXPECT_GT(known_properties().size(), 100u);
  for (const char* name : {"bootstrap.servers", "linger.ms", "queue.buffering.max.ms", "acks", "compression.level", "group.id", "socket.timeout.ms"})
    EXPECT_NE(find_known_property(name), nullptr) << name;
  for (const char* name : {"", "Property", "linger", "ut_handle_ProduceResponse", "client.software.name", "test.mock.num.brokers", "enable_sasl_queue"})
    EXPECT_EQ(find_known_property(name), nullptr) << name;
}

TEST(KafkaKnownProperties, HaveTheSideThatTheyAreFor) {
  struct Case {
    const char* name;
    bool producers;
    bool consumers;
  };
  for (const auto& [name, producers, consumers] : {Case{"socket.timeout.ms", true, true}, Case{"linger.ms", true, false}, Case{"fetch.min.bytes", false, true}}) {
    const KnownProperty* const property = find_known_property(name);
    ASSERT_NE(property, nullptr) << name;
    EXPECT_EQ(property->producers, producers) << name;
    EXPECT_EQ(property->consumers, consumers) << name;
  }
}

TEST(KafkaKnownProperties, FunctionsAndPointersAreNoTexts) {
  for (const char* name : {"log_cb", "dr_msg_cb", "socket_cb", "partitioner_cb", "opaque", "ssl_key", "ssl_certificate", "default_topic_conf", "interceptors", "msg_order_cmp"}) {
    const KnownProperty* const property = find_known_property(name);
    ASSERT_NE(property, nullptr) << name;
    EXPECT_FALSE(property->text) << name;
  }
  EXPECT_TRUE(find_known_property("linger.ms")->text);
}

// What the list calls a text must be one: librdkafka takes what it says of it itself, or asks for another value.
TEST(KafkaKnownProperties, WhatIsATextIsNoPointer) {
  for (const KnownProperty& property : known_properties()) {
    if (!property.text) continue;
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    char why[512] = "";
    rd_kafka_conf_set(conf, std::string(property.name).c_str(), "", why, sizeof why);
    for (const char* pointer : {"dedicated", "not settable"}) EXPECT_EQ(std::string(why).find(pointer), std::string::npos) << property.name << ": " << why;
    rd_kafka_conf_destroy(conf);
  }
}

}  // namespace
}  // namespace penstock::kafka
