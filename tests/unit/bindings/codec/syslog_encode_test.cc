#include "bindings/codec/syslog_encode.h"

#include "bindings/codec/json_decoder.h"
#include "bindings/codec/syslog_names.h"
#include "bindings/codec/text_codecs.h"
#include "tests/unit/bindings/codec/codec_fixture.h"

namespace penstock {
namespace {

// The messages of one line of JSON each, as they go out.
std::string encode(const std::string& json, SyslogParts parts = {}, SyslogFraming framing = SyslogFraming::datagrams) {
  SlotTable slots;
  const auto plan = test::must(make_syslog_encoder(std::move(parts), framing));
  const auto encoder = plan->open(slots);
  const auto decoder = test::must(make_json_decoder(Value()))->open(slots);
  Batch batch(slots);
  std::string input = json + "\n";
  const std::size_t size = input.size();
  input.resize(size + padding_bytes);
  batch.clear();
  decoder->decode({input.data(), size}, 0, true, batch);
  std::string error;
  for (const std::uint32_t index : batch.live) EXPECT_TRUE(batch.validate(batch[index], error)) << error;
  Buffer out;
  encoder->encode(batch, batch.live, out);
  return std::string(out.view());
}

const std::string stamp = R"("timestamp":"2026-01-02T03:04:05Z")";

TEST(SyslogEncode, PartsComeFromTheFieldsThatTheFormatReads) {
  EXPECT_EQ(encode(R"({"facility":"local4","severity":"err","timestamp":"2026-01-02T03:04:05.123456+01:00","hostname":"h","app_name":"a","proc_id":"7",)"
                   R"("msg_id":"ID","structured_data":{"x@1":{"k":"v"}},"message":"hi"})"),
            "<163>1 2026-01-02T03:04:05.123456+01:00 h a 7 ID [x@1 k=\"v\"] hi");
}

TEST(SyslogEncode, WhatTheEventLacksIsSaidByTheOptions) {
  SyslogParts parts;
  parts.facility = 16;
  parts.severity = 6;
  parts.hostname = "me";
  parts.app_name = "app";
  EXPECT_EQ(encode("{" + stamp + R"(,"message":"m"})", parts), "<134>1 2026-01-02T03:04:05Z me app - - - m");
}

TEST(SyslogEncode, FieldsMayHaveOtherNames) {
  SyslogParts parts;
  parts.hostname_field = "host.name";
  parts.message_field = "msg";
  parts.severity_field = "sev";
  EXPECT_EQ(encode("{" + stamp + R"(,"host":{"name":"n"},"msg":"m","sev":2})", parts), "<10>1 2026-01-02T03:04:05Z n penstock - - - m");
  parts.msg_id_field = "a b";
  EXPECT_FALSE(make_syslog_encoder(parts, SyslogFraming::datagrams).ok());
}

TEST(SyslogEncode, SeverityIsUnderstoodAsProgramsWriteIt) {
  const struct {
    const char* level;
    int severity;
  } cases[] = {{"\"ERROR\"", 3}, {"\"warn\"", 4}, {"\"Info\"", 6}, {"\"fatal\"", 2}, {"\"trace\"", 7}, {"4", 4}, {"\"8\"", 5}, {"\"nonsense\"", 5}, {"null", 5}};
  for (const auto& c : cases)
    EXPECT_TRUE(encode("{" + stamp + ",\"message\":\"m\",\"level\":" + c.level + "}").starts_with("<" + std::to_string(8 + c.severity) + ">")) << c.level;
}

TEST(SyslogEncode, HeaderFieldsHoldVisibleAsciiOnlyAndAreCut) {
  const std::string line = encode("{" + stamp + R"(,"hostname":"a b\u00e9","app_name":")" + std::string(60, 'x') + R"(","proc_id":"","message":"m"})");
  EXPECT_EQ(line, "<13>1 2026-01-02T03:04:05Z a_b__ " + std::string(48, 'x') + " - - - m");
}

TEST(SyslogEncode, TimestampsAreThoseOfTheRfcOrNow) {
  const struct {
    const char* given;
    const char* written;  // nullptr: another time
  } cases[] = {{"2026-01-02t03:04:05z", "2026-01-02T03:04:05Z"},
               {"2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05.123456Z"},
               {"2026-01-02T03:04:05", nullptr},
               {"2026-01-02T03:04:05.Z", nullptr},
               {"yesterday", nullptr}};
  for (const auto& c : cases) {
    const std::string line = encode(std::string(R"({"message":"m","timestamp":")") + c.given + "\"}");
    if (c.written)
      EXPECT_EQ(line, std::string("<13>1 ") + c.written + " - penstock - - - m");
    else
      EXPECT_TRUE(line.starts_with("<13>1 20") && line.find(c.given) == std::string::npos) << line;
  }
  EXPECT_NE(encode(R"({"message":"m","timestamp":"Jan  2 03:04:05 2026"})").find("2026-01-02T03:04:05"), std::string::npos);
}

TEST(SyslogEncode, StructuredDataIsEscaped) {
  EXPECT_EQ(encode("{" + stamp + R"(,"message":"m","structured_data":{"a b":{"q\"=":"]\"\\","n":5},"flat":1,"e":{}}})"),
            "<13>1 2026-01-02T03:04:05Z - penstock - - [a_b q__=\"\\]\\\"\\\\\" n=\"5\"][e] m");
}

TEST(SyslogEncode, TheBodyIsTheMessageOrTheWholeEvent) {
  const std::string with = "{" + stamp + R"(,"message":"m"})", without = "{" + stamp + R"(,"a":1})";
  const std::string head = "<13>1 2026-01-02T03:04:05Z - penstock - - -";
  SyslogParts parts;
  EXPECT_EQ(encode(with, parts), head + " m");
  EXPECT_EQ(encode(without, parts), head + " " + without);
  parts.body = SyslogParts::Body::json;
  EXPECT_EQ(encode(with, parts), head + " " + with);
  parts.body = SyslogParts::Body::message;
  EXPECT_EQ(encode(without, parts), head);
}

TEST(SyslogEncode, FramingTellsMessagesApart) {
  const std::string event = "{" + stamp + R"(,"message":"two\nlines"})";
  const std::string head = "<13>1 2026-01-02T03:04:05Z - penstock - - - ";
  const std::string message = head + "two\nlines";
  EXPECT_EQ(encode(event, {}, SyslogFraming::octet_counting), std::to_string(message.size()) + " " + message);
  EXPECT_EQ(encode(event, {}, SyslogFraming::newline), head + "two lines\n");
  EXPECT_EQ(encode(event + "\n" + event, {}, SyslogFraming::octet_counting), (std::to_string(message.size()) + " " + message) + std::to_string(message.size()) + " " + message);
}

TEST(SyslogEncode, WhatItWritesTheFormatReadsBack) {
  const std::string event = R"({"priority":165,"facility":"local4","severity":"notice","timestamp":"2026-01-02T03:04:05.000003-07:00","hostname":"192.0.2.1",)"
                            R"("app_name":"a","proc_id":"8710","msg_id":"I","structured_data":{"x@1":{"a":"q\"]\\"}},"message":"two\nlines"})";
  const auto format = test::must(make_syslog_decoder(Value(ValueMap{{"framing", "octet_counting"}})));
  EXPECT_EQ(test::decode_one(*format, encode(event, {}, SyslogFraming::octet_counting)), event);
}

TEST(SyslogNames, NumbersAreInTheirRange) {
  EXPECT_EQ(syslog_facility("local7"), 23);
  EXPECT_EQ(syslog_facility("23"), 23);
  EXPECT_EQ(syslog_facility("24"), std::nullopt);
  EXPECT_EQ(syslog_severity("-1"), std::nullopt);
  EXPECT_EQ(syslog_severity(""), std::nullopt);
}

}  // namespace
}  // namespace penstock
