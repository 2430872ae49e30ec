#include "bindings/stage/redactor.h"

#include <gmock/gmock.h>

namespace penstock {
namespace {

using testing::HasSubstr;
using testing::Not;

std::unique_ptr<Redactor> redactor(RedactionRules rules) {
  auto made = Redactor::make(std::move(rules));
  EXPECT_TRUE(made.ok()) << made.status().text();
  return *std::move(made);
}

// The redacted text; "(same)" when nothing was found.
std::string redacted(const RedactionRules& rules, ByteView text) {
  std::string out;
  return redactor(rules)->redact(text, out) ? out : "(same)";
}

TEST(KeyedHash, IsHmacSha256) {
  // RFC 4231, test cases 2 and 1; shown are the first 8 bytes.
  const auto hash = KeyedHash::make("Jefe");
  ASSERT_TRUE(hash.ok());
  EXPECT_EQ(hash.value()->hex("what do ya want for nothing?"), "5bdcc146bf60754e");
  EXPECT_EQ(hash.value()->hex("what do ya want for nothing?"), "5bdcc146bf60754e");
  EXPECT_EQ((*KeyedHash::make(std::string(20, '\x0b')))->hex("Hi There"), "b0344c61d8db3853");
}

TEST(Redactor, ReplacesWhatPatternsAndKindsFind) {
  EXPECT_EQ(redacted({.patterns = {"secret-[0-9]+"}}, "a secret-1 b secret-22"), "a [redacted] b [redacted]");
  EXPECT_EQ(redacted({.patterns = {"x+", "y+"}}, "axxbyyc"), "a[redacted]b[redacted]c");
  EXPECT_EQ(redacted({.patterns = {"^abc$"}}, "abc"), "[redacted]");
  EXPECT_EQ(redacted({.patterns = {"(?i)abc", "(?P<x>d)"}}, "ABC d"), "[redacted] [redacted]");
  EXPECT_EQ(redacted({.kinds = {SecretKind::email, SecretKind::ipv4}}, "joe@example.com from 10.0.0.1"), "[redacted] from [redacted]");
  EXPECT_EQ(redacted({.patterns = {"nope", "never"}, .kinds = {SecretKind::card}}, "nothing here"), "(same)");
}

TEST(Redactor, FindsThatOverlapBecomeOne) {
  EXPECT_EQ(redacted({.patterns = {"abcd", "cdef"}}, "-abcdef-"), "-[redacted]-");
  EXPECT_EQ(redacted({.patterns = {"ab", "cd"}}, "abcd"), "[redacted][redacted]");
}

TEST(Redactor, MatchesOfNoBytesAreNone) {
  EXPECT_EQ(redacted({.patterns = {"x*"}}, "abc"), "(same)");
  EXPECT_EQ(redacted({.patterns = {"x*"}}, "axb"), "a[redacted]b");
}

TEST(Redactor, HashesKeepEqualSecretsEqual) {
  const RedactionRules rules = {.patterns = {"[a-z]+"}, .key = Secret("Jefe")};
  std::string out;
  ASSERT_TRUE(redactor(rules)->redact("a 1 b 2 a", out));
  EXPECT_EQ(out.substr(0, 23), out.substr(out.size() - 23));
  EXPECT_THAT(out, testing::MatchesRegex(R"(\[hash:[0-9a-f]+\] 1 \[hash:[0-9a-f]+\] 2 \[hash:[0-9a-f]+\])"));
}

TEST(Redactor, BytesThatAreNotUtf8DoNotEndAMatch) {
  EXPECT_EQ(redacted({.patterns = {"password=.*"}}, "password=ab\xff\xfe" "cd"), "[redacted]");
}

TEST(Redactor, RefusesBadPatterns) {
  const auto refused = [](std::string pattern) {
    RedactionRules rules;
    rules.patterns = {std::move(pattern)};
    auto made = Redactor::make(rules);
    return made.ok() ? "" : made.status().text();
  };
  EXPECT_THAT(refused("a("), HasSubstr("redact: pattern 'a(': missing )"));
  EXPECT_THAT(refused("(?=x)"), HasSubstr("invalid perl operator"));
  EXPECT_THAT(refused(std::string(70000, 'a')), HasSubstr("more than 65536 bytes"));
}

TEST(Redactor, ScrubsBytesThatNeverBecameAnEvent) {
  const auto rules = redactor({.patterns = {"^hunter[0-9]$"}, .kinds = {SecretKind::email}});
  struct Case {
    const char* raw;
    const char* scrubbed;
  };
  const Case cases[] = {
      {R"({"user":"joe@example.com","n":)", R"({"user":"[redacted]","n":)"},
      {R"({"user":"joe\u0040example.com")", R"({"user":"[redacted]")"},
      {R"({"user":"\u006aoe@example.com")", R"({"user":"[redacted]")"},
      {R"({"pass":"hunter2","x":tru)", R"({"pass":"[redacted]","x":tru)"},
      {R"({"pass":"hunter\u0032","x":tru)", R"({"pass":"[redacted]","x":tru)"},
      {"plain text, no secret", "plain text, no secret"},
      {R"(ends in a backslash\)", R"(ends in a backslash\)"},
      {R"(\ud83d\ude00 joe@example.com \ud800)", R"(\ud83d\ude00 [redacted] \ud800)"},
      {"", ""},
  };
  for (const Case& c : cases) EXPECT_EQ(rules->scrub(c.raw), c.scrubbed) << c.raw;
}

TEST(Redactor, WithholdsRawBytesWhenThereIsNothingToGoBy) { EXPECT_EQ(redactor({})->scrub("anything"), std::nullopt); }

}  // namespace
}  // namespace penstock
