#include "bindings/kafka/record_encoder.h"

#include <gtest/gtest.h>

#include "bindings/codec/json_decoder.h"
#include "bindings/codec/json_encode.h"
#include "bindings/kafka/record.h"

namespace penstock::kafka {
namespace {

// Encodes one event as a record and reads it back.
class Encoded {
 public:
  Encoded(const std::string& event, MessageParts parts) : parts_(std::move(parts)), plan_(make_record_encoder(make_ndjson_encoder({}).value(), parts_)) {
    const std::unique_ptr<Encoder> encoder = plan_->open(slots_);
    Batch batch(slots_);
    Buffer input;
    input.append(event);
    input.append('\n');
    const auto decoder = make_json_decoder(ValueMap{}).value()->open(slots_);
    decoder->decode(input.view(), 0, true, batch);
    EXPECT_EQ(batch.live.size(), 1u);
    encoder->encode(batch, batch.live, bytes_);
    EXPECT_TRUE(parse_record(bytes_.view(), record));
  }
  Record record;

 private:
  MessageParts parts_;
  std::unique_ptr<EncoderPlan> plan_;
  SlotTable slots_;
  Buffer bytes_;
};

FieldText text(std::string_view of) { return FieldText::parse(of, "key").value(); }

TEST(KafkaRecordEncoder, AValueIsTheEventWithoutALinesEnd) {
  EXPECT_EQ(Encoded(R"({"a":1})", {}).record.value, R"({"a":1})");
}

TEST(KafkaRecordEncoder, AKeyIsMadeOfFieldsAndAbsentWithoutOne) {
  MessageParts parts;
  parts.key = text("{host}/{n}");
  EXPECT_EQ(Encoded(R"({"host":"a\"b","n":1.50})", parts).record.key, "a\"b/1.50");
  EXPECT_EQ(Encoded(R"({"host":"a"})", parts).record.key, std::nullopt);
  EXPECT_EQ(Encoded(R"({"host":"a","n":null})", parts).record.key, std::nullopt);
  parts.key = text("{host}");
  EXPECT_EQ(Encoded(R"({"host":""})", parts).record.key, "");
}

TEST(KafkaRecordEncoder, HeadersOfMissingFieldsAreLeftOut) {
  MessageParts parts;
  parts.headers = {{"fixed", text("edge")}, {"gone", text("{x}")}, {"nested", text("{a.b}")}};
  const Encoded encoded(R"({"a":{"b":true}})", parts);
  ASSERT_EQ(encoded.record.header_count, 2);
  ByteView headers = encoded.record.headers;
  EXPECT_EQ(take_header(headers).name, "fixed");
  EXPECT_EQ(take_header(headers).value, "true");
}

TEST(KafkaRecordEncoder, ATimeThatIsNoneIsLeftOut) {
  MessageParts parts;
  parts.time = Path{"t"};
  EXPECT_EQ(Encoded(R"({"t":"2026-11-21T10:02:05.123Z"})", parts).record.time_ms, 1795255325123);
  EXPECT_EQ(Encoded(R"({"t":1795255325})", parts).record.time_ms, 1795255325000);
  EXPECT_EQ(Encoded(R"({"t":"soon"})", parts).record.time_ms, std::nullopt);
}

TEST(KafkaRecordEncoder, AnEventWithoutATopicSaysWhy) {
  MessageParts parts;
  parts.topic = text("logs-{service}");
  EXPECT_EQ(Encoded(R"({"service":"a"})", parts).record.topic, "logs-a");
  EXPECT_EQ(Encoded(R"({})", parts).record.refusal, "the event has no field service, of which its topic is made");
  EXPECT_EQ(Encoded(R"({"service":"a/b"})", parts).record.refusal,
            "the event's topic \"logs-a/b\" has characters other than letters, digits, '.', '_' and '-'");
}

TEST(KafkaTopicName, IsWhatBrokersTake) {
  for (const char* name : {"a", "A.b_c-9", "__consumer_offsets", "..."}) EXPECT_EQ(wrong_topic(name), nullptr) << name;
  for (const std::string& name : {std::string(), std::string("."), std::string(".."), std::string("a b"), std::string("a/b"), std::string("\xc3\xa4"), std::string(250, 'a')})
    EXPECT_NE(wrong_topic(name), nullptr) << name;
}

TEST(KafkaFieldText, IsPathsInBraces) {
  const FieldText made = text(R"(a{{b}}{headers["x y"]}-{n})");
  EXPECT_FALSE(made.fixed());
  EXPECT_EQ(made.reads(), (std::vector<std::string>{R"(headers."x y")", "n"}));
  EXPECT_EQ(made.parts()[0].literal, "a{b}");
  EXPECT_TRUE(text("fixed").fixed());
  EXPECT_EQ(text("fixed").text(), "fixed");
  EXPECT_TRUE(text("").fixed());
  EXPECT_EQ(text("").text(), "");
}

TEST(KafkaFieldText, SaysWhatIsWrong) {
  for (const char* wrong : {"{", "a}", "{a", "{}", "{a b}", "{1}"}) {
    const Result<FieldText> parsed = FieldText::parse(wrong, "topic");
    ASSERT_FALSE(parsed.ok()) << wrong;
    EXPECT_TRUE(parsed.status().text().starts_with("option 'topic': ")) << parsed.status().text();
  }
}

}  // namespace
}  // namespace penstock::kafka
