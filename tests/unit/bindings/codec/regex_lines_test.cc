#include "bindings/codec/text_codecs.h"
#include "tests/unit/bindings/codec/codec_fixture.h"

namespace penstock {
namespace {

std::string by_regex(const char* pattern, const std::string& line) {
  return test::decode_one(*test::must(make_regex_decoder(Value(ValueMap{{"pattern", pattern}}))), line);
}

TEST(Regex, NamedGroupsAreFieldsInBothSpellings) {
  EXPECT_EQ(by_regex(R"(^(?<level>[A-Z]+) (?P<rest>.*)$)", "WARN disk full"), R"({"level":"WARN","rest":"disk full"})");
}

TEST(Regex, GroupsThatTookNoPartAreMissingAndEmptyOnesEmpty) {
  EXPECT_EQ(by_regex(R"((?:a(?<a>\d)|b(?<b>\d))(?<c>x*))", "b7"), R"({"b":"7","c":""})");
}

TEST(Regex, UnnamedGroupsAreNoFields) { EXPECT_EQ(by_regex(R"((\w+)=(?<v>\w+))", "  k=v "), R"({"v":"v"})"); }

TEST(Regex, LineThatDoesNotMatchIsBroken) { EXPECT_EQ(by_regex("^(?<n>[0-9]+)$", "x"), "broken: regex: expected a match at byte 0"); }

TEST(Regex, PatternsThatMakeNoFieldsAreRefused) {
  const auto text = [](const char* pattern) { return make_regex_decoder(Value(ValueMap{{"pattern", pattern}})).status().text(); };
  EXPECT_EQ(text("a(b)"), "option 'pattern' needs at least one named group, (?<name>...), to make fields of: a(b)");
  EXPECT_EQ(text(""), "format 'regex' needs the option 'pattern'");
  EXPECT_TRUE(text("(?<a>b").starts_with("option 'pattern': missing")) << text("(?<a>b");
}

}  // namespace
}  // namespace penstock
