#include "runtime/filter/regex.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <re2/re2.h>

namespace penstock {
namespace {

using testing::HasSubstr;

std::string failure_of(std::string_view pattern) {
  const auto compiled = compile_regex(pattern);
  return compiled.ok() ? "compiled" : compiled.status().text();
}

TEST(Regex, TakesBothSpellingsOfNamedGroups) {
  for (const char* pattern : {"(?<code>\\d+)", "(?P<code>\\d+)"}) {
    auto compiled = compile_regex(pattern);
    ASSERT_TRUE(compiled.ok()) << pattern;
    EXPECT_EQ((*compiled)->NamedCapturingGroups().count("code"), 1u) << pattern;
  }
}

TEST(Regex, SpellsGroupsOnlyWhereTheyAreGroups) {
  const std::pair<const char*, const char*> cases[] = {
      {"(?<a>x)", "(?P<a>x)"},
      {"(?P<a>x)", "(?P<a>x)"},
      {"((?<a>x)|(?<b>y))", "((?P<a>x)|(?P<b>y))"},
      {"\\(?<a>", "\\(?<a>"},
      {"[(?<a>]", "[(?<a>]"},
      {"[](?<a>]", "[](?<a>]"},
      {"[^](?<a>]", "[^](?<a>]"},
      {"[\\](?<a>]", "[\\](?<a>]"},
      {"[[:alpha:](?<a>](?<b>x)", "[[:alpha:](?<a>](?P<b>x)"},
      {"\\Q(?<a>\\E(?<b>x)", "\\Q(?<a>\\E(?P<b>x)"},
      {"\\\\(?<b>x)", "\\\\(?P<b>x)"},
      {"(?<=x)", "(?<=x)"},
      {"(?<!x)", "(?<!x)"},
      {"", ""},
      {"\\", "\\"},
      {"[", "["},
  };
  for (const auto& [given, expected] : cases) EXPECT_EQ(spell_groups_for_re2(given), expected);
}

TEST(Regex, ErrorShowsWhere) {
  EXPECT_EQ(failure_of("ab[c"), "missing ]: [c\n  ab[c\n    ^");
  EXPECT_EQ(failure_of("\xc3\xa9\xc3\xa9[c"), "missing ]: [c\n  \xc3\xa9\xc3\xa9[c\n    ^");
}

TEST(Regex, ErrorGivesHintForWhatRe2LeavesOut) {
  EXPECT_THAT(failure_of("a(?=b)"), HasSubstr("\n  a(?=b)\n   ^\nhint: RE2 has no lookahead"));
  EXPECT_THAT(failure_of("(?<!a)b"), HasSubstr("hint: RE2 has no lookbehind"));
  EXPECT_THAT(failure_of("(a)\\1"), HasSubstr("hint: RE2 has no back-references"));
  EXPECT_THAT(failure_of("a++b"), HasSubstr("hint: RE2 has no possessive repetition"));
}

TEST(Regex, IsBounded) {
  EXPECT_THAT(failure_of(std::string(regex_pattern_bytes_max + 1, 'a')), HasSubstr("at most 65536"));
  EXPECT_THAT(failure_of("(\\pL{500}){2}[^a]{900}"), HasSubstr("larger than 8 MiB"));
}

TEST(Regex, RefusesPatternsThatAreNotUtf8) { EXPECT_THAT(failure_of("a\xff"), HasSubstr("UTF-8")); }

}  // namespace
}  // namespace penstock
