#include "bindings/codec/json_decoder.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <random>

#include "bindings/codec/json_encode.h"
#include "runtime/event/json_text.h"
#include "runtime/event/path.h"

namespace penstock {
namespace {

// Decodes text in pieces of any size, as a stream would bring it, and keeps what came out as text.
class Decoding {
 public:
  explicit Decoding(std::vector<const char*> slots = {}) : batch_(slots_) {
    for (const char* slot : slots) slots_.add(*parse_path(slot));
    decoder_ = make_json_decoder(Value()).value()->open(slots_);
  }

  void feed(std::string_view text, std::size_t piece = std::string_view::npos) {
    std::size_t given = 0;
    while (given < text.size()) {
      const std::size_t size = std::min(piece, text.size() - given);
      pending_.append(text.substr(given, size));
      given += size;
      drain(false);
    }
    drain(true);
  }

  void give_head(std::string_view head) { decoder_->give_head(head); }
  bool ends_inside() const { return !decoder_->unfinished().empty(); }

  std::vector<std::string> events, broken, values;
  std::vector<std::uint64_t> offsets;
  // For each event, these slots are read, or written, before it is encoded.
  std::vector<SlotNumber> read;
  std::function<void(Event&)> edit;

 private:
  void drain(bool at_end) {
    while (!pending_.empty()) {
      batch_.clear();
      const std::size_t used = decoder_->decode(pending_.view(), offset_, at_end, batch_);
      if (used == 0) break;
      keep();
      pending_.drop_front(used);
      offset_ += used;
    }
  }
  void keep() {
    for (const Batch::Broken& piece : batch_.broken) broken.push_back(piece.reason);
    for (const std::uint32_t index : batch_.live) {
      Event& event = batch_[index];
      for (const SlotNumber slot : read) values.emplace_back(event.get(slot).view());
      std::string error;
      if (!batch_.validate(event, error)) {
        broken.push_back(error);
        continue;
      }
      if (edit) edit(event);
      Buffer out;
      append_event_json(event, out);
      events.emplace_back(out.view());
      offsets.push_back(event.offset);
    }
  }

  SlotTable slots_;
  Batch batch_;
  std::unique_ptr<Decoder> decoder_;
  Buffer pending_;
  std::uint64_t offset_ = 0;
};

using Texts = std::vector<std::string>;

Texts decode(std::string_view text, std::size_t piece = std::string_view::npos) {
  Decoding decoding;
  decoding.feed(text, piece);
  EXPECT_EQ(decoding.broken, Texts{});
  return decoding.events;
}

TEST(JsonDecoder, LinesAreEventsByteForByte) {
  EXPECT_EQ(decode("{\"a\":1}\n{\"b\": [1, 2] }\n"), (Texts{"{\"a\":1}", "{\"b\": [1, 2] }"}));
}

TEST(JsonDecoder, FramesAreTheSameHoweverTheStreamIsCut) {
  const std::string text = "\xef\xbb\xbf{\"a\":1}\r\n\n  \n{\"b\":\"x\\\"}\\n\"}\n[{\"c\":1}, {\"c\":[{}]} ]\n {\"d\":\"\xc3\xa9\"}\n{\"e\":5}";
  const Texts expected{"{\"a\":1}", "{\"b\":\"x\\\"}\\n\"}", "{\"c\":1}", "{\"c\":[{}]}", " {\"d\":\"\xc3\xa9\"}", "{\"e\":5}"};
  for (std::size_t piece = 1; piece < text.size() + 1; ++piece) EXPECT_EQ(decode(text, piece), expected) << piece;
}

TEST(JsonDecoder, AnArrayThatBeginsTheStreamGoesOverLinesHoweverItIsCut) {
  const std::string text = "\xef\xbb\xbf \n[{\"c\":1},\n {\"c\":\n[{}]} ]\n[{\"d\":2}\n]";
  const Texts expected{"{\"c\":1}", "{\"c\": [{}]}", "{\"d\":2}"};
  for (std::size_t piece = 1; piece < text.size() + 1; ++piece) EXPECT_EQ(decode(text, piece), expected) << piece;
}

TEST(JsonDecoder, OffsetsPointAtTheEvent) {
  Decoding decoding;
  const std::string text = "\n{\"a\":1}\n\n{\"b\":2}\r\n[{\"c\":3}]";
  decoding.feed(text, 3);
  ASSERT_EQ(decoding.events.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(text.compare(decoding.offsets[i], decoding.events[i].size(), decoding.events[i]), 0) << i;
}

TEST(JsonDecoder, ABrokenLineLeavesItsNeighboursAlone) {
  const char* broken[] = {"not json", "{\"a\":", "{\"a\":1}}", "{\"a\":\"x}", "{\"a\":tru}", "{\"a\" 1}", "{\"a\":1,}", "{\"\xff\":1}", "\"text\"", "123", "{\"a\":\"\x01\"}", "{a:1}", "{\"a\":1 \"b\":2}", "{\"a\":[1}", "{\"a\":0x1}"};
  for (const char* line : broken) {
    Decoding decoding;
    decoding.feed("{\"before\":1}\n" + std::string(line) + "\n{\"after\":\"\\\"\"}\n");
    EXPECT_EQ(decoding.events, (Texts{"{\"before\":1}", "{\"after\":\"\\\"\"}"})) << line;
    ASSERT_EQ(decoding.broken.size(), 1u) << line;
    EXPECT_NE(decoding.broken[0].find("at byte"), std::string::npos) << decoding.broken[0];
  }
}

TEST(JsonDecoder, ElementsOfATopLevelArrayThatAreNoObjectsAreBroken) {
  Decoding decoding;
  decoding.feed("[{\"a\":1}, 5, \"x\", {\"b\":2}]\n{\"c\":3}\n");
  EXPECT_EQ(decoding.events, (Texts{"{\"a\":1}", "{\"b\":2}", "{\"c\":3}"}));
  EXPECT_EQ(decoding.broken.size(), 2u);
}

TEST(JsonDecoder, AnUnclosedArrayElementAtTheEndIsBroken) {
  Decoding decoding;
  decoding.feed("[{\"a\":1},{\"b\":");
  EXPECT_EQ(decoding.events, Texts{"{\"a\":1}"});
  EXPECT_EQ(decoding.broken.size(), 1u);
}

struct SlotCase {
  const char* line;
  const char* slot;
  std::string value;
};

TEST(JsonDecoder, SlotsAreSlicesOfTheLine) {
  const SlotCase cases[] = {
      {R"({"a":1,"b":"two"})", "a", "1"},
      {R"({"a":1,"b":"two"})", "b", "two"},
      {R"({"b":{"a":2},"a":3})", "a", "3"},
      {R"({ "a" : 12345678901234567890 })", "a", "12345678901234567890"},
      {R"({"a":1e400})", "a", "1e400"},
      {R"({"a":"first","a":"second"})", "a", "first"},
      {R"({"\u0061":7})", "a", "7"},
      {R"({"b":{"c":{"d":5}}})", "b.c.d", "5"},
      {R"({"b.c":5})", "\"b.c\"", "5"},
      {R"({"b":1})", "b.c", ""},
      {R"({})", "a", ""},
      {R"({"a":[1,{"x":"]"}] ,"b":1})", "a", R"([1,{"x":"]"}])"},
      {R"({"ClientRequestHostName":1,"ClientRequestHost":2})", "ClientRequestHost", "2"},
      {R"({"a":"back\\slash"})", "a", R"(back\\slash)"},
  };
  for (const SlotCase& c : cases) {
    Decoding decoding({c.slot});
    const Path path = *parse_path(c.slot);
    decoding.read = {static_cast<SlotNumber>(path.size() - 1)};
    decoding.feed(std::string(c.line) + "\n");
    EXPECT_EQ(decoding.values, Texts{c.value}) << c.line << ' ' << c.slot;
  }
}

struct EditCase {
  const char* line;
  const char* slot;
  const char* value;  // JSON; null: removed
  const char* expected;
};

TEST(JsonDecoder, EditsAreSplicedIntoTheBytesThatCame) {
  const EditCase cases[] = {
      {R"({"a": 1, "b" : 2,"c":3})", "b", "9", R"({"a": 1,"b" : 9,"c":3})"},
      {R"({"a":1,"b":2,"c":3})", "a", nullptr, R"({"b":2,"c":3})"},
      {R"({"a":1,"b":2,"c":3})", "c", nullptr, R"({"a":1,"b":2})"},
      {R"({"a":1})", "a", nullptr, R"({})"},
      {R"({"a":1})", "z", "\"new\"", R"({"a":1,"z":"new"})"},
      {R"({})", "z", "1", R"({"z":1})"},
      {R"({"a":1,"b":2,"a":3})", "a", "9", R"({"a":9,"b":2})"},
      {R"({"a":1,"b":2,"a":3})", "a", nullptr, R"({"b":2})"},
      {R"({"\u0061":1,"b":2})", "a", "9", R"({"\u0061":9,"b":2})"},
      {R"({"a":{"x":1,"y":2},"b":2})", "a.x", "9", R"({"a":{"x":9,"y":2},"b":2})"},
      {R"({"b":2})", "a.x", "9", R"({"b":2,"a":{"x":9}})"},
      {R"({"a":5})", "a.x", "9", R"({"a":{"x":9}})"},
      {R"({"a":{"x":1},"b":2})", "a.x", nullptr, R"({"a":{},"b":2})"},
  };
  for (const EditCase& c : cases) {
    Decoding decoding({c.slot});
    const auto slot = static_cast<SlotNumber>(parse_path(c.slot)->size() - 1);
    decoding.edit = [&](Event& event) { event.set(slot, c.value ? json::classify(c.value) : Slice::missing()); };
    decoding.feed(std::string(c.line) + "\n");
    EXPECT_EQ(decoding.events, Texts{c.expected}) << c.line << ' ' << c.slot;
  }
}

TEST(JsonDecoder, ManyLinesFillBatchesToTheirBounds) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "{\"number\":" + std::to_string(i) + "}\n";
  const Texts events = decode(text, 1 << 20);
  ASSERT_EQ(events.size(), 5000u);
  EXPECT_EQ(events[4999], "{\"number\":4999}");
}

// Random objects: reading and rewriting a member gives what a full parser reads from a plain rebuilding.
TEST(JsonDecoder, RandomObjectsAgreeWithAFullParser) {
  std::mt19937 random(42);
  simdjson::dom::parser parser;
  const auto pick = [&](std::size_t count) { return random() % count; };
  std::function<std::string(int)> value = [&](int depth) -> std::string {
    switch (pick(depth > 3 ? 5 : 7)) {
      case 0: return std::to_string(static_cast<int>(random()));
      case 1: return "\"t\\u00e9xt \\\" " + std::string(pick(40), 'z') + "\"";
      case 2: return "true";
      case 3: return " null ";
      case 4: return "-1.25e-7";
      case 5: return "[" + value(depth + 1) + " , " + value(depth + 1) + "]";
      default: return "{\"a\":" + value(depth + 1) + ",\"in\": " + value(depth + 1) + "}";
    }
  };
  for (int round = 0; round < 3000; ++round) {
    std::string line = "{";
    const std::size_t members = pick(12);
    for (std::size_t i = 0; i < members; ++i) line += (i ? "," : "") + std::string("\"key") + std::to_string(i) + "\":" + value(0);
    line += "}";
    const std::string wanted = "key" + std::to_string(pick(12));
    Decoding decoding({wanted.c_str()});
    decoding.read = {0};
    decoding.edit = [](Event& event) { event.set(0, Slice::text("edited")); };
    decoding.feed(line + "\n");
    ASSERT_EQ(decoding.events.size(), 1u) << line;
    simdjson::dom::element document;
    ASSERT_EQ(parser.parse(decoding.events[0]).get(document), simdjson::SUCCESS) << line << '\n' << decoding.events[0];
    std::string_view edited;
    ASSERT_EQ(document[wanted].get(edited), simdjson::SUCCESS) << decoding.events[0];
    EXPECT_EQ(edited, "edited");
    simdjson::dom::parser other;
    simdjson::dom::element original;
    ASSERT_EQ(other.parse(line).get(original), simdjson::SUCCESS);
    for (const auto member : simdjson::dom::object(original)) {
      if (member.key == wanted) continue;
      EXPECT_EQ(simdjson::minify(simdjson::dom::element(document[member.key])), simdjson::minify(member.value)) << line;
    }
  }
}

TEST(JsonDecoder, KnowsWhenItIsInsideAnArray) {
  for (const char* inside : {"[", "[{\"a\":1},", "[{\"a\":1}", "[{},\n{} \n"}) {
    Decoding decoding;
    decoding.feed(inside);
    EXPECT_TRUE(decoding.ends_inside()) << inside;
  }
  for (const char* outside : {"", "{}\n", "[]", "[{},{}]\n", "[{}]\n[]"}) {
    Decoding decoding;
    decoding.feed(outside);
    EXPECT_FALSE(decoding.ends_inside()) << outside;
  }
}

TEST(JsonDecoder, TakenUpBehindItsStartIsInsideAnArrayOnlyWhenACommaSaysSo) {
  const auto ends_inside = [](const char* rest) {
    Decoding decoding;
    decoding.give_head("[{\"a\":1}");
    decoding.feed(rest);
    return decoding.ends_inside();
  };
  EXPECT_FALSE(ends_inside(""));
  EXPECT_FALSE(ends_inside("\n"));
  EXPECT_FALSE(ends_inside(",{}]\n"));
  EXPECT_TRUE(ends_inside(",{}"));
}

TEST(JsonEncoder, UntouchedNeighboursLeaveInOnePiece) {
  SlotTable slots;
  Batch batch(slots);
  const std::string text = "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\r\n{\"a\":4}\n";
  Buffer input(text.size());
  input.append(text);
  const auto decoder = make_json_decoder(Value()).value()->open(slots);
  ASSERT_EQ(decoder->decode(input.view(), 0, true, batch), text.size());
  const auto encoder_plan = make_ndjson_encoder(Value()).value();
  Buffer out;
  encoder_plan->open(slots)->encode(batch, batch.live, out);
  EXPECT_EQ(out.view(), "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n{\"a\":4}\n");
  const auto array_plan = make_json_array_encoder(Value()).value();
  out.clear();
  array_plan->open(slots)->encode(batch, batch.live, out);
  EXPECT_EQ(out.view(), "{\"a\":1},\n{\"a\":2},\n{\"a\":3},\n{\"a\":4}");
}

}  // namespace
}  // namespace penstock
