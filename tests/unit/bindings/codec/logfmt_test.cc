#include "bindings/codec/logfmt.h"

#include <random>

#include "bindings/codec/entry_list.h"
#include "bindings/codec/text_codecs.h"
#include "runtime/event/json_text.h"
#include "tests/unit/bindings/codec/codec_fixture.h"

namespace penstock {
namespace {

using test::decode_all;
using test::decode_one;
using test::must;
using Lines = std::vector<std::string>;

std::unique_ptr<DecoderPlan> logfmt_plan() { return must(make_logfmt_decoder(Value())); }

TEST(LogfmtDecode, PairsBecomeFields) {
  const struct {
    const char* line;
    const char* json;
  } cases[] = {
      {"a=1 b=two", R"({"a":"1","b":"two"})"},
      {"  a=1 \t b=2  ", R"({"a":"1","b":"2"})"},
      {R"(msg="hello world" ok)", R"({"msg":"hello world","ok":true})"},
      {R"(msg="q\"q \\ \n \t \u00e9 \ud83d\ude00")", "{\"msg\":\"q\\\"q \\\\ \\n \\t \xc3\xa9 \xf0\x9f\x98\x80\"}"},
      {R"(msg="\ud800")", "{\"msg\":\"\xef\xbf\xbd\"}"},
      {"empty= next=1", R"({"empty":"","next":"1"})"},
      {"empty=", R"({"empty":""})"},
      {R"(empty="")", R"({"empty":""})"},
      {R"(a="1"b=2)", R"({"a":"1","b":"2"})"},
      {"url=/x?a=b&c=\"d", R"({"url":"/x?a=b&c=\"d"})"},
      {"null=null t=true", R"({"null":"null","t":"true"})"},
      {"a=1 b=2 a=3", R"({"a":"3","b":"2"})"},
      {"a a=1", R"({"a":"1"})"},
      {"k.x-y@z/1=v", R"({"k.x-y@z/1":"v"})"},
  };
  for (const auto& c : cases) EXPECT_EQ(decode_one(*logfmt_plan(), c.line), c.json) << c.line;
}

TEST(LogfmtDecode, BrokenLinesSayWhatWasExpectedWhere) {
  const struct {
    const char* line;
    const char* reason;
  } cases[] = {
      {"=x", "logfmt: expected a key at byte 0"},
      {"a=1 \"b\"", "logfmt: expected a key at byte 4"},
      {"a=\"x", "logfmt: expected a closing '\"' for the one at byte 2"},
      {"a=\"x\\\"", "logfmt: expected a closing '\"' for the one at byte 2"},
      {"a=\"x\\", "logfmt: expected a closing '\"' for the one at byte 2"},
  };
  for (const auto& c : cases) EXPECT_EQ(decode_one(*logfmt_plan(), c.line), std::string("broken: ") + c.reason);
}

TEST(LogfmtDecode, NumberOfKeysIsBounded) {
  std::string line;
  for (std::size_t i = 0; i < EntryList::fields_max; ++i) line += "k" + std::to_string(i) + "=1 ";
  EXPECT_EQ(decode_all(*logfmt_plan(), line).json.size(), 1u);
  EXPECT_EQ(decode_all(*logfmt_plan(), line + "more=1").broken.size(), 1u);
}

// The names of the line before are remembered: that must not show.
TEST(LogfmtDecode, LinesOfChangingShapeAreReadEachByItself) {
  const auto out = decode_all(*logfmt_plan(), "a=1 b=2 c=3\nb=4 a=5\na=6 b=7 a=8 c=9\nc=1 b=2 c=3\na=1 b=2 c=3\na=1 a=2 a=3\n");
  EXPECT_EQ(out.json, (Lines{R"({"a":"1","b":"2","c":"3"})", R"({"b":"4","a":"5"})", R"({"a":"8","b":"7","c":"9"})", R"({"c":"3","b":"2"})",
                             R"({"a":"1","b":"2","c":"3"})", R"({"a":"3"})"}));
}

TEST(LogfmtDecode, FieldsOfThePlanStandInItsSlots) {
  SlotTable slots;
  const SlotNumber level = slots.add("level");
  const auto plan = logfmt_plan();
  const auto decoder = plan->open(slots);
  Batch batch(slots);
  std::string input = "level=info n=1\nn=2\n";
  const std::size_t size = input.size();
  input.resize(size + padding_bytes);
  ASSERT_EQ(decoder->decode({input.data(), size}, 0, true, batch), size);
  EXPECT_EQ(batch[0].get(level).view(), "info");
  EXPECT_EQ(batch[1].get(level).kind, Kind::missing);
  EXPECT_EQ(batch[1].get_by_name("n").view(), "2");
}

std::string encode(const std::string& event) {
  const auto plan = must(make_logfmt_encoder(Value()));
  SlotTable slots;
  Batch batch(slots);
  batch.add_born(batch.arena().copy(event), 0);
  batch.all_live();
  return test::encode_all(*plan, slots, batch);
}

TEST(LogfmtEncode, QuotesOnlyWhereNeeded) {
  EXPECT_EQ(encode(R"({"a":"plain","b":"two words","c":"x=y","d":"q\"q","e":"","f":null,"g":"null","h":1.50,"i":true})"),
            "a=plain b=\"two words\" c=\"x=y\" d=\"q\\\"q\" e= f=null g=\"null\" h=1.50 i=true\n");
}

TEST(LogfmtEncode, NestedValuesAreTheirJsonText) {
  EXPECT_EQ(encode(R"({"o":{"a":[1, "x"]},"e":[]})"), "o=\"{\\\"a\\\":[1, \\\"x\\\"]}\" e=[]\n");
}

TEST(LogfmtEncode, BytesThatAKeyCannotHoldBecomeUnderscores) { EXPECT_EQ(encode(R"({"a b=c\"":1,"":2})"), "a_b_c_=1 _=2\n"); }

TEST(LogfmtEncode, RandomValuesSurviveARoundTrip) {
  std::mt19937 random(7);
  const std::string pieces[] = {"a", "=", "\"", " ", "\\", "\n", "\t", "null", "\xc3\xa9", "\x7f", std::string(1, '\x01'), "x"};
  for (int round = 0; round < 500; ++round) {
    Buffer event;
    std::string expected = "{";
    for (std::size_t n = 0; n < 1 + random() % 4; ++n) {
      Buffer member;
      member.append(std::string(n == 0 ? "" : ",") + "\"k" + std::to_string(n) + "\":");
      std::string value;
      for (std::size_t k = random() % 6; k > 0; --k) value += pieces[random() % std::size(pieces)];
      json::append_quoted(member, value);
      expected += member.view();
    }
    expected += "}";
    EXPECT_EQ(decode_one(*logfmt_plan(), encode(expected)), expected);
  }
}

}  // namespace
}  // namespace penstock
