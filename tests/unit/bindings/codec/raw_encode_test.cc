#include "bindings/codec/text_codecs.h"
#include "tests/unit/bindings/codec/codec_fixture.h"

namespace penstock {
namespace {

using test::decode_all;
using test::must;

class Raw : public ::testing::Test {
 protected:
  void decode(Result<std::unique_ptr<DecoderPlan>> made, const std::string& input) {
    plan_ = must(std::move(made));
    decoder_ = plan_->open(slots_);
    batch_ = std::make_unique<Batch>(slots_);
    bytes_.assign(input.begin(), input.end());
    bytes_.resize(input.size() + padding_bytes);
    ASSERT_EQ(decoder_->decode({bytes_.data(), input.size()}, 0, true, *batch_), input.size());
  }
  std::string encode() { return test::encode_all(*must(make_raw_encoder(Value())), slots_, *batch_); }

  SlotTable slots_;
  std::unique_ptr<DecoderPlan> plan_;
  std::unique_ptr<Decoder> decoder_;
  std::unique_ptr<Batch> batch_;
  std::vector<char> bytes_;
};

TEST_F(Raw, UntouchedLinesLeaveAsTheyCame) {
  decode(make_lines_decoder(Value()), "a\n\n\xff\xfe\n  b  ");
  EXPECT_EQ(encode(), "a\n\n\xff\xfe\n  b  \n");
}

TEST_F(Raw, CarriageReturnsOfLineEndsAreNotPartOfTheEvent) {
  decode(make_lines_decoder(Value()), "a\r\nb\r\n");
  EXPECT_EQ(encode(), "a\nb\n");
}

TEST_F(Raw, DroppedEventsLeaveNothing) {
  decode(make_lines_decoder(Value()), "a\nb\nc\nd\n");
  batch_->live = {0, 2, 3};
  EXPECT_EQ(encode(), "a\nc\nd\n");
  batch_->live = {};
  EXPECT_EQ(encode(), "");
}

TEST_F(Raw, EditedLineIsItsMessage) {
  decode(make_lines_decoder(Value()), "a\nb\nc\n");
  (*batch_)[1].set_by_name("message", Slice::text("B"));
  EXPECT_EQ(encode(), "a\nB\nc\n");
}

TEST_F(Raw, EventWithMoreThanAMessageIsItsJson) {
  decode(make_lines_decoder(Value()), "a\nb\n");
  (*batch_)[1].set_by_name("n", Slice::number("1"));
  EXPECT_EQ(encode(), "a\n{\"message\":\"b\",\"n\":1}\n");
}

TEST_F(Raw, ParsedEventsLeaveAsTheirLinesUnlessEdited) {
  decode(make_logfmt_decoder(Value()), "a=1 b=2\n\na=3\n");
  (*batch_)[1].set_by_name("a", Slice::text("4"));
  EXPECT_EQ(encode(), "a=1 b=2\n{\"a\":\"4\"}\n");
}

TEST(Lines, EveryLineIsAnEvent) {
  const auto plan = must(make_lines_decoder(Value()));
  for (const std::size_t step : {0, 1, 2, 5}) {
    const auto out = decode_all(*plan, "\xef\xbb\xbf" "one\r\n\n two\n\xff\\\n", step);
    EXPECT_EQ(out.json, (std::vector<std::string>{R"({"message":"one"})", R"({"message":""})", R"({"message":" two"})", "{\"message\":\"\xef\xbf\xbd\\\\\"}"}));
    EXPECT_EQ(out.offsets, (std::vector<std::uint64_t>{3, 8, 9, 14}));
  }
}

TEST(Lines, ByteOrderMarkCountsAtTheStreamsStartOnly) {
  const auto plan = must(make_lines_decoder(Value()));
  SlotTable slots;
  const auto decoder = plan->open(slots);
  EXPECT_EQ(test::decode_stream(*decoder, slots, "\xef\xbb\xbfx\n", 0, 7).json, (std::vector<std::string>{"{\"message\":\"\xef\xbb\xbfx\"}"}));
}

TEST(Lines, BatchTakesNoMoreEventsThanItsBound) {
  const auto plan = must(make_lines_decoder(Value()));
  SlotTable slots;
  const auto decoder = plan->open(slots);
  Batch batch(slots);
  std::string input(3 * Batch::events_max, '\n');
  input.resize(input.size() + padding_bytes);
  EXPECT_EQ(decoder->decode({input.data(), 3 * Batch::events_max}, 5, true, batch), Batch::events_max);
  EXPECT_EQ(batch.size(), Batch::events_max);
  EXPECT_EQ(batch[1].offset, 6u);
}

TEST(TextCodecs, AreListedUnderTheirNames) {
  Components components;
  add_text_codecs(components);
  std::vector<std::string> names;
  for (const auto& [name, factory] : components.decoders) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"apache", "cef", "csv", "lines", "logfmt", "nginx", "regex", "syslog"}));
  EXPECT_TRUE(components.source_decoders.contains("syslog_datagrams"));
  EXPECT_EQ(components.encoders.size(), 3u);
}

}  // namespace
}  // namespace penstock
