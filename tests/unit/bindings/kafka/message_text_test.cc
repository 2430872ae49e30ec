#include "bindings/kafka/message_text.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "bindings/codec/json_decoder.h"
#include "bindings/codec/text_codecs.h"

namespace penstock::kafka {
namespace {

struct Case {
  const char* format;
  std::string value;
  std::string text;
  bool whole = false;
};

TEST(MessageText, IsWholeLines) {
  const Case cases[] = {
      {"lines", "one", "one\n"},
      {"lines", "one\n", "one\n"},
      {"lines", "one\ntwo", "one\ntwo\n"},
      {"lines", "\n", "\n"},
      {"lines", "", ""},
      {"lines", "\xef\xbb\xbf", ""},
      {"lines", "\xef\xbb\xbfone", "one\n"},
      {"lines", std::string("\0\xff", 2), std::string("\0\xff\n", 3)},
      {"lines", "{\n\"a\":1}", "{\n\"a\":1}\n"},
      {"json", "{\"a\":1}", "{\"a\":1}\n"},
      // Documents on lines of their own stay, one over several becomes a line.
      {"json", "{\"a\":1}\n{\"a\":2}", "{\"a\":1}\n{\"a\":2}\n"},
      {"json", "{\n  \"a\": 1\n}", "{   \"a\": 1 }\n"},
      {"json", "{\r\n  \"a\": 1\r\n}\r\n", "{    \"a\": 1  } \n"},
      {"json", "\n\n{\n\"a\":1}", "  { \"a\":1}\n"},
      {"json", "[\n{\"a\":1},\n{\"a\":2}\n]", "[ {\"a\":1}, {\"a\":2} ]\n"},
      {"json", "[{\"a\":1}]\n{\"a\":2}", "[{\"a\":1}]\n{\"a\":2}\n"},
      {"json", "{\"a\":\n1}\nx", "{\"a\": 1} x\n"},
      {"json", "poison\n{\"a\":1}", "poison\n{\"a\":1}\n"},
      {"csv", "a,\"b\"", "a,\"b\"\n"},
      {"csv", "a,\"b\nc\",d", "a,\"b\nc\",d\n"},
      {"csv", "a,\"b", "a,\"b\n", true},
      {"csv", "a,\"b\"\"", "a,\"b\"\"\n", true},
      {"csv", "a,\"b\"\"\"", "a,\"b\"\"\"\n"},
      // A quote in the middle of a field is one.
      {"csv", "a\"b,c", "a\"b,c\n"},
      {"csv", "a\"b,\"c", "a\"b,\"c\n", true},
  };
  for (const Case& c : cases) {
    std::string room(MessageText::room(c.value), '#');
    bool whole = false;
    const std::size_t size = MessageText(c.format).write(c.value, room.data(), whole);
    EXPECT_EQ(room.substr(0, size), c.text) << c.value;
    EXPECT_EQ(whole, c.whole) << c.value;
  }
}

TEST(MessageText, KnowsWhatQuotesAre) {
  char room[16];
  bool whole = false;
  MessageText("csv", '\'').write("a,'b", room, whole);
  EXPECT_TRUE(whole);
  whole = false;
  MessageText("csv", '\0').write("a,\"b", room, whole);
  EXPECT_FALSE(whole);
}

// The raw events of one stream, or of as many as the text asks for.
std::vector<std::string> events_of(const DecoderPlan& plan, const std::vector<std::pair<std::string, bool>>& texts) {
  SlotTable slots;
  const auto decoder = plan.open(slots);
  if (decoder->wants_head()) decoder->give_head("{}\n");
  Batch batch(slots);
  std::vector<std::string> out;
  std::uint64_t offset = 1;
  std::string pending;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    pending += texts[i].first;
    const bool at_end = texts[i].second || i + 1 == texts.size();
    while (!pending.empty()) {
      Buffer input(pending.size());
      input.append(pending);
      batch.clear();
      const std::size_t used = decoder->decode(input.view(), offset, at_end, batch);
      for (const std::uint32_t index : batch.live) out.emplace_back(batch[index].raw());
      if (used == 0) break;
      pending.erase(0, used);
      offset += used;
    }
    if (texts[i].second) decoder->resync();
  }
  EXPECT_TRUE(pending.empty());
  return out;
}

// Whatever a message holds, the one before and the one after it are events as they came.
TEST(MessageText, NeverReachesIntoAnotherMessage) {
  Components components;
  add_text_codecs(components);
  components.decoders["json"] = make_json_decoder;
  std::mt19937 random(11);
  for (const auto& [format, before, after] : {std::tuple("json", "{\"a\":1}", "{\"z\":1}"), {"csv", "a,1", "z,1"}, {"lines", "a", "z"}, {"logfmt", "a=1", "z=1"}}) {
    const auto plan = components.decoders.at(format)(ValueMap{{"columns", ValueList{"k", "v"}}}).value().release();
    const std::unique_ptr<DecoderPlan> owned(plan);
    const MessageText text(format);
    const std::string_view alphabet = "{}[]\",:\\ \n\r\tab1=\xff";
    for (int run = 0; run < 3'000; ++run) {
      std::string value(random() % 12, ' ');
      for (char& c : value) c = alphabet[random() % alphabet.size()];
      std::vector<std::pair<std::string, bool>> texts;
      for (const std::string& one : {std::string(before), value, std::string(after)}) {
        std::string room(MessageText::room(one), '#');
        bool whole = false;
        room.resize(text.write(one, room.data(), whole));
        texts.emplace_back(room, whole);
      }
      const std::vector<std::string> events = events_of(*plan, texts);
      ASSERT_GE(events.size(), 2u) << format << ": " << value;
      ASSERT_EQ(events.front(), before) << format << ": " << value;
      ASSERT_EQ(events.back(), after) << format << ": " << value;
    }
  }
}

}  // namespace
}  // namespace penstock::kafka
