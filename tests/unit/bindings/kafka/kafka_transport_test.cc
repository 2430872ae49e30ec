// The transport against librdkafka's own cluster of pretended brokers, which speak the protocol over loopback.
#include "bindings/kafka/kafka_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <librdkafka/rdkafka_mock.h>

#include "runtime/loop/loop.h"

namespace penstock::kafka {
namespace {

#if defined(__SANITIZE_THREAD__)

TEST(KafkaTransportTest, NeedsThreadsThatTheSanitizerKnows) { GTEST_SKIP() << "librdkafka's threads are C11's (thrd_create), with which the thread sanitizer crashes"; }

#else

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr std::int16_t produce_key = 0;           // of the protocol
constexpr std::int16_t init_producer_key = 22;

class Brokers {
 public:
  Brokers() : handle_(rd_kafka_new(RD_KAFKA_PRODUCER, silent(), nullptr, 0)), cluster_(rd_kafka_mock_cluster_new(handle_, 1)) {}
  ~Brokers() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(handle_);
  }
  std::string addresses() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
  void topic(const char* name, int partitions) { rd_kafka_mock_topic_create(cluster_, name, partitions, 1); }
  void topic_error(const char* name, rd_kafka_resp_err_t error) { rd_kafka_mock_topic_set_error(cluster_, name, error); }
  // The next requests of this kind are answered so.
  void answer(std::int16_t request, std::vector<rd_kafka_resp_err_t> errors) {
    rd_kafka_mock_push_request_errors_array(cluster_, request, errors.size(), errors.data());
  }

 private:
  static rd_kafka_conf_t* silent() {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, nullptr);
    return conf;
  }
  rd_kafka_t* handle_;
  rd_kafka_mock_cluster_t* cluster_;
};

// A package of records with these values; `head` writes what comes before each value.
Package records(const std::vector<std::string>& values, const std::function<void(RecordWriter&)>& head = {}) {
  Package package;
  for (const std::string& value : values) {
    const std::size_t start = package.body.size();
    RecordWriter record(package.body);
    if (head) head(record);
    package.body.append(value);
    package.entry_bytes.push_back(static_cast<std::uint32_t>(package.body.size() - start));
  }
  package.plain_bytes = package.body.size();
  package.form = {"none", record_content_type, 0, 0, 0, true};
  return package;
}

class KafkaTransportTest : public ::testing::Test {
 protected:
  ~KafkaTransportTest() override { transport_.reset(); }

  void open(ValueMap more = {}) {
    more.try_emplace("brokers", Value(brokers_.addresses()));
    more.try_emplace("topic", Value("edge"));
    more.try_emplace("timeout_ms", Value(5000));
    options_ = SinkOptions::from(more).value();
    open_transport();
  }
  void open_transport() {
    transport_ = std::make_unique<KafkaTransport>(options_, TransportContext{*loop_, metrics_, "sink.kafka", 1});
    ASSERT_TRUE(transport_->open().ok());
  }
  std::vector<Answer> send(const std::vector<const Package*>& packages) {
    std::vector<Answer> answers(packages.size());
    std::vector<std::unique_ptr<Transport::Request>> requests;
    std::size_t left = packages.size();
    for (std::size_t i = 0; i < packages.size(); ++i) {
      requests.push_back(transport_->send(*packages[i], [&, i](Answer answer) {
        answers[i] = std::move(answer);
        if (--left == 0) loop_->stop();
      }));
    }
    const auto deadline = loop_->after(30s, [&] { loop_->stop(); });
    loop_->run();
    EXPECT_EQ(left, 0u) << "not answered";
    return answers;
  }
  Answer send(const Package& package) { return send(std::vector<const Package*>{&package}).front(); }

  Brokers brokers_;
  std::unique_ptr<Loop> loop_ = Loop::open().value();
  SinkOptions options_;
  OwnMetrics metrics_;
  std::unique_ptr<KafkaTransport> transport_;
};

TEST_F(KafkaTransportTest, DeliversWhatEveryReportSaysIsDelivered) {
  brokers_.topic("edge", 4);
  open();
  const Package first = records({"a", "b", "c"}), second = records({"d"}, [](RecordWriter& record) {
    record.key("");
    record.time(1795255325123);
    record.header("h", "v");
  });
  for (const Answer& answer : send({&first, &second})) {
    EXPECT_EQ(answer.outcome, Outcome::delivered) << answer.text;
    EXPECT_TRUE(answer.failures.empty());
  }
}

TEST_F(KafkaTransportTest, ATopicThatIsNotThereIsConfiguration) {
  brokers_.topic_error("edge", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  open();
  const Answer answer = send(records({"a", "b"}));
  EXPECT_EQ(answer.outcome, Outcome::configuration);
  EXPECT_TRUE(answer.failures.empty());
  EXPECT_THAT(answer.text, HasSubstr("topic edge: Broker: Unknown topic or partition (hint: make the topic"));
}

TEST_F(KafkaTransportTest, ATopicOfAnEventsOwnThatIsNotThereIsTheEventsFault) {
  brokers_.topic("there", 2);
  brokers_.topic_error("gone", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  open({{"topic", "{topic}"}});
  int number = 0;
  const Package package = records({"a", "b", "c"}, [&](RecordWriter& record) { record.topic(number++ == 1 ? "gone" : "there"); });
  const Answer answer = send(package);
  EXPECT_EQ(answer.outcome, Outcome::delivered);
  ASSERT_EQ(answer.failures.size(), 1u);
  EXPECT_EQ(answer.failures[0].entry, 1u);
  EXPECT_EQ(answer.failures[0].outcome, Outcome::data);
  EXPECT_THAT(answer.failures[0].text, HasSubstr("topic gone: Broker: Unknown topic"));
}

TEST_F(KafkaTransportTest, OneTopicMoreThanAllowedIsRefused) {
  brokers_.topic("first", 1);
  open({{"topic", "{topic}"}, {"topics_max", 1}});
  int number = 0;
  const Answer answer = send(records({"a", "b"}, [&](RecordWriter& record) { record.topic(number++ == 0 ? "first" : "second"); }));
  ASSERT_EQ(answer.failures.size(), 1u);
  EXPECT_THAT(answer.failures[0].text, HasSubstr("topic second would be one more than option 'topics_max' allows, 1"));
}

TEST_F(KafkaTransportTest, AnEventThatCannotBeAMessageIsRefusedWithItsReason) {
  brokers_.topic("edge", 1);
  open();
  int number = 0;
  const Answer answer = send(records({"a", "b"}, [&](RecordWriter& record) {
    if (number++ == 0) record.refuse("the event has no field service");
  }));
  ASSERT_EQ(answer.failures.size(), 1u);
  EXPECT_EQ(answer.failures[0].entry, 0u);
  EXPECT_EQ(answer.failures[0].text, "the event has no field service");
}

TEST_F(KafkaTransportTest, WhatIsRefusedOfAPackageOfOneIsThePackage) {
  brokers_.topic("edge", 1);
  open();
  const Answer answer = send(records({"a"}, [](RecordWriter& record) { record.refuse("no topic"); }));
  EXPECT_EQ(answer.outcome, Outcome::data);
  EXPECT_EQ(answer.text, "no topic");
  EXPECT_TRUE(answer.failures.empty());
}

TEST_F(KafkaTransportTest, AMessageAboveTheOptionIsNotSent) {
  brokers_.topic("edge", 1);
  open({{"max_message_bytes", 2000}});
  const Answer answer = send(records({"a", std::string(3000, 'x'), "c"}));
  EXPECT_EQ(answer.outcome, Outcome::delivered);
  ASSERT_EQ(answer.failures.size(), 1u);
  EXPECT_EQ(answer.failures[0].entry, 1u);
  EXPECT_EQ(answer.failures[0].outcome, Outcome::data);
  EXPECT_EQ(answer.failures[0].text, "a message of 3036 bytes, with its key, headers and framing, is larger than option 'max_message', 2000 bytes");
}

// Messages are told apart by where their values stand, and an empty one stands where the next entry begins.
TEST_F(KafkaTransportTest, AnEmptyValueIsItsOwnEntry) {
  brokers_.topic("edge", 1);
  open();
  brokers_.answer(produce_key, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_NO_ERROR});
  const Answer answer = send(records({"a", "", "c"}));
  ASSERT_EQ(answer.failures.size(), 1u);
  EXPECT_EQ(answer.failures[0].entry, 1u);
}

// librdkafka keeps what it cannot put to a partition, and counts it as queued, for ever.
TEST_F(KafkaTransportTest, ATopicWithoutRightsFillsNoQueue) {
  brokers_.topic("edge", 2);
  open();
  for (int i = 0; i < 5; ++i) {
    brokers_.answer(produce_key, {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED});
    EXPECT_EQ(send(records({"a", "b", "c", "d", "e", "f"})).outcome, Outcome::configuration);
  }
  EXPECT_EQ(rd_kafka_outq_len(transport_->producer().client()->get()), 0);
}

TEST_F(KafkaTransportTest, MessagesThatAreRefusedTogetherAreTriedAlone) {
  brokers_.topic("edge", 1);
  open();
  brokers_.answer(produce_key, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  const Answer all = send(records({"a", "b", "c"}));
  EXPECT_EQ(all.outcome, Outcome::delivered) << all.text;
  EXPECT_TRUE(all.failures.empty());
  // The batch, and then each alone: the first and the third of them.
  brokers_.answer(produce_key, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  const Answer two = send(records({"d", "e", "f"}));
  EXPECT_EQ(two.outcome, Outcome::delivered);
  ASSERT_EQ(two.failures.size(), 2u);
  EXPECT_EQ(two.failures[0].outcome, Outcome::data);
  EXPECT_THAT(two.failures[0].text, HasSubstr("topic edge: Broker: Message size too large"));
}

TEST_F(KafkaTransportTest, MissingRightsAreConfiguration) {
  brokers_.topic("edge", 1);
  open();
  brokers_.answer(produce_key, {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED});
  const Answer answer = send(records({"a", "b"}));
  EXPECT_EQ(answer.outcome, Outcome::configuration);
  EXPECT_THAT(answer.text, HasSubstr("this user needs an ACL for the topic"));
}

TEST_F(KafkaTransportTest, WhatPassesIsLibrdkafkasOwnBusiness) {
  brokers_.topic("edge", 1);
  open();
  brokers_.answer(produce_key, {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS});
  EXPECT_EQ(send(records({"a", "b"})).outcome, Outcome::delivered);
}

TEST_F(KafkaTransportTest, AFullQueueIsWaitedFor) {
  brokers_.topic("edge", 3);
  open();
  for (auto& [name, value] : options_.producer)
    if (name == "queue.buffering.max.messages") value = "50";
  open_transport();
  const Package large = records(std::vector<std::string>(5000, "event")), small = records({"last"});
  for (const Answer& answer : send({&large, &small})) EXPECT_EQ(answer.outcome, Outcome::delivered) << answer.text;
}

TEST_F(KafkaTransportTest, AfterAFatalErrorAnotherProducerGoesOn) {
  brokers_.topic("edge", 1);
  brokers_.answer(init_producer_key, {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED});
  open();
  const rd_kafka_t* const ended = transport_->producer().client()->get();
  Answer answer = send(records({"a"}));
  // One that ends while the topic is still asked for is replaced before anything is sent; else what was on its way comes back.
  if (answer.outcome != Outcome::delivered) {
    EXPECT_EQ(answer.outcome, Outcome::configuration) << answer.text;
    EXPECT_THAT(answer.text, HasSubstr("ACL for the cluster"));
    answer = send(records({"a"}));
  }
  EXPECT_EQ(answer.outcome, Outcome::delivered) << answer.text;
  EXPECT_NE(transport_->producer().client()->get(), ended);
}

TEST_F(KafkaTransportTest, WithNobodyThereItIsTransientAndSaysWhy) {
  open({{"brokers", "127.0.0.1:1"}});
  const Answer answer = send(records({"a", "b"}));
  EXPECT_EQ(answer.outcome, Outcome::transient);
  EXPECT_TRUE(answer.failures.empty());
  EXPECT_THAT(answer.text, HasSubstr("Connection refused"));
}

TEST_F(KafkaTransportTest, ARequestThatIsGivenUpTakesItsMessagesBack) {
  brokers_.topic("edge", 1);
  open();
  EXPECT_EQ(send(records({"a"})).outcome, Outcome::delivered);
  brokers_.answer(produce_key, std::vector<rd_kafka_resp_err_t>(1000, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION));
  bool answered = false;
  std::optional<Answer> other;
  auto package = std::make_unique<Package>(records(std::vector<std::string>(100, "event")));
  const Package behind = records({"b"});
  auto given_up = transport_->send(*package, [&](Answer) { answered = true; });
  const auto kept = transport_->send(behind, [&](Answer answer) {
    other = std::move(answer);
    loop_->stop();
  });
  EXPECT_EQ(transport_->producer().outstanding(), 101u);
  given_up.reset();
  package.reset();  // nobody reads it any more
  EXPECT_EQ(transport_->producer().outstanding(), 0u);
  const auto deadline = loop_->after(30s, [&] { loop_->stop(); });
  loop_->run();
  EXPECT_FALSE(answered);
  ASSERT_TRUE(other.has_value()) << "the other package's messages were taken back too";
  EXPECT_EQ(other->outcome, Outcome::transient) << other->text;
}

TEST_F(KafkaTransportTest, ABatchIsOneMessage) {
  brokers_.topic("edge", 1);
  open({{"mode", "batch"}, {"key", "k"}, {"max_message_bytes", 2000}});
  Package package;
  package.body.append("{\"a\":1}\n{\"a\":2}\n");
  package.entry_bytes = {7, 7};
  package.plain_bytes = package.body.size();
  package.form = {"none", "application/x-ndjson", 0, 0, 1, true};
  EXPECT_EQ(send(package).outcome, Outcome::delivered);
  package.body.append(std::string(3000, 'x'));
  const Answer refused = send(package);
  EXPECT_EQ(refused.outcome, Outcome::data) << "the queue halves it";
  EXPECT_TRUE(refused.failures.empty());
}

TEST_F(KafkaTransportTest, TheEventStandsBehindWhatAMessageHasBesideIt) {
  open();
  const Package package = records({"event"}, [](RecordWriter& record) { record.key("k"); });
  EXPECT_EQ(transport_->event_of(package, package.body.view()), "event");
  Package other;
  other.form.content_type = "application/x-ndjson";
  EXPECT_EQ(transport_->event_of(other, "{}"), "{}");
}

#endif

}  // namespace
}  // namespace penstock::kafka
