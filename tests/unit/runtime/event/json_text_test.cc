#include "runtime/event/json_text.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <random>

namespace penstock::json {
namespace {

std::string quoted_text(ByteView value) {
  Buffer out;
  append_quoted(out, value);
  return std::string(out.view());
}

struct QuoteCase {
  const char* what;
  std::string value, expected;
};

TEST(JsonText, QuotesAndEscapes) {
  const QuoteCase cases[] = {
      {"empty", "", "\"\""},
      {"plain", "abc", "\"abc\""},
      {"longer than a vector", "0123456789abcdef0123456789abcdef!", "\"0123456789abcdef0123456789abcdef!\""},
      {"quote and backslash", "a\"b\\c", "\"a\\\"b\\\\c\""},
      {"named controls", "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""},
      {"other controls", std::string("\x01\x1f\0", 3), "\"\\u0001\\u001f\\u0000\""},
      {"delete needs no escape", "\x7f", "\"\x7f\""},
      {"UTF-8 stays", "caf\xc3\xa9 \xf0\x9f\x98\x80", "\"caf\xc3\xa9 \xf0\x9f\x98\x80\""},
      {"a lone continuation", "a\x80z", "\"a\xef\xbf\xbdz\""},
      {"a cut sequence is one replacement", "\xe2\x82", "\"\xef\xbf\xbd\""},
      {"overlong", "\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
      {"surrogate in UTF-8", "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
  };
  for (const QuoteCase& c : cases) EXPECT_EQ(quoted_text(c.value), c.expected) << c.what;
}

TEST(JsonText, QuotingAtEveryAlignmentAndLengthReadsBackTheSame) {
  Buffer text(8192);
  for (std::size_t offset = 0; offset < 17; ++offset) {
    for (std::size_t size = 0; size < 70; ++size) {
      std::string value(size, 'x');
      if (size != 0) value[size * 7 % size] = '"';
      text.clear();
      text.add_size(offset);
      text.append(value);
      Arena arena;
      const std::string out = quoted_text({text.data() + offset, size});
      const Slice read = classify(out);
      ASSERT_TRUE(read.is_string());
      ASSERT_EQ(string_value(read, arena), value) << offset << ' ' << size;
    }
  }
}

TEST(JsonText, Unescapes) {
  const QuoteCase cases[] = {
      {"short forms", R"(\"\\\/\b\f\n\r\t)", "\"\\/\b\f\n\r\t"},
      {"unicode", R"(\u0041\u00e9\u20ac)", "A\xc3\xa9\xe2\x82\xac"},
      {"a surrogate pair", R"(\ud83d\ude00)", "\xf0\x9f\x98\x80"},
      {"a lone high surrogate", R"(\ud83dx)", "\xef\xbf\xbdx"},
      {"a lone low surrogate", R"(\ude00)", "\xef\xbf\xbd"},
      {"a high one followed by no low one", R"(\ud83d\u0041)", "\xef\xbf\xbd" "A"},
      {"upper-case hex", R"(\u00E9)", "\xc3\xa9"},
      {"malformed stays", R"(\u12 \q)", R"(\u12 \q)"},
  };
  for (const QuoteCase& c : cases) {
    Arena arena;
    EXPECT_EQ(unescape(c.value, arena), c.expected) << c.what;
  }
}

struct CheckCase {
  const char* text;
  const char* problem;  // null: valid
  std::size_t offset = 0;
};

TEST(JsonText, ChecksTheGrammarAndSaysWhere) {
  const CheckCase cases[] = {
      {R"({})", nullptr},
      {R"( {"a" : [1, -0, 1.5e+3, true, false, null, "x", {}, []] } )", nullptr},
      {R"({"a":1e400})", nullptr},
      {R"({"a":01})", "expected ',' or '}'", 6},
      {R"({"a":1.})", "expected a value", 5},
      {R"({"a":.5})", "expected a value", 5},
      {R"({"a":+1})", "expected a value", 5},
      {R"({"a":NaN})", "expected a value", 5},
      {R"({"a":tru})", "expected a value", 5},
      {R"({"a" 1})", "expected ':'", 5},
      {R"({"a":1,})", "expected a member's name in quotes", 7},
      {R"([1,])", "expected a value", 3},
      {R"({"a":1)", "expected ',' or '}', the text ends", 6},
      {R"({"a":"x)", "the string does not end", 7},
      {R"({"a":"\x"})", "malformed escape", 6},
      {R"({"a":"\u12g4"})", "malformed escape", 6},
      {"{\"a\":\"\n\"}", "control character in a string (it must be escaped)", 6},
      {"{\"a\":\"\xff\"}", "invalid UTF-8", 6},
      {R"({} x)", "unexpected text after the value", 3},
      {"", "expected a value, the text ends", 0},
  };
  for (const CheckCase& c : cases) {
    const Problem problem = check(c.text);
    if (!c.problem) {
      EXPECT_EQ(problem.what, nullptr) << c.text << ": " << (problem.what ? problem.what : "");
      continue;
    }
    ASSERT_NE(problem.what, nullptr) << c.text;
    EXPECT_STREQ(problem.what, c.problem) << c.text;
    EXPECT_EQ(problem.offset, c.offset) << c.text;
  }
}

TEST(JsonText, NestingIsBounded) {
  const auto nested = [](int depth) { return std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']'); };
  EXPECT_TRUE(valid(nested(depth_max)));
  EXPECT_FALSE(valid(nested(depth_max + 1)));
}

TEST(JsonText, FindsTheFirstMemberByItsUnescapedName) {
  Arena arena;
  EXPECT_EQ(find_member(R"({"a":1,"b":{"a":2},"a":3})", "a", arena).view(), "1");
  EXPECT_EQ(find_member(R"({"b":1,"\u0061":2})", "a", arena).view(), "2");
  EXPECT_EQ(find_member(R"({"b":1})", "a", arena).kind, Kind::missing);
  EXPECT_EQ(find_member(R"({"b":1)", "a", arena).kind, Kind::missing);
}

TEST(JsonText, WritesAMemberIntoAnObject) {
  Arena arena;
  const auto with = [&](ByteView object, ByteView name, const Slice& value) { return std::string(with_member(object, name, value, arena).view()); };
  EXPECT_EQ(with("{}", "a", Slice::number("1")), R"({"a":1})");
  EXPECT_EQ(with(R"({"a": 1, "b":2})", "a", Slice::text("x\"y")), R"({"a":"x\"y","b":2})");
  EXPECT_EQ(with(R"({"a":1,"b":2,"a":3})", "a", Slice::null()), R"({"a":null,"b":2})");
  EXPECT_EQ(with(R"({"a":1,"b":2,"a":3})", "a", Slice::missing()), R"({"b":2})");
  EXPECT_EQ(with(R"({"a":1})", "a", Slice::missing()), "{}");
}

// Random JSON-like bytes: our checker and simdjson's full parser agree on what is valid.
TEST(JsonText, AgreesWithAFullParserOnRandomTexts) {
  std::mt19937 random(20261121);
  const char* pieces[] = {"{", "}", "[", "]", ",", ":", "\"a\"", "\"\\u00e9\"", "\"\\q\"", "1", "-1.5", "01", "true", "fals", "null", " ", "\n", "\"", "\\", "\xc3\xa9", "\xff"};
  simdjson::dom::parser parser;
  int valid_count = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    const int count = 1 + static_cast<int>(random() % 9);
    for (int i = 0; i < count; ++i) text += pieces[random() % std::size(pieces)];
    simdjson::dom::element element;
    const bool expected = parser.parse(text).get(element) == simdjson::SUCCESS;
    valid_count += expected;
    ASSERT_EQ(valid(text), expected) << text;
  }
  EXPECT_GT(valid_count, 100);
}

}  // namespace
}  // namespace penstock::json
