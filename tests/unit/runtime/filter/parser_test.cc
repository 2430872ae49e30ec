#include "runtime/filter/parser.h"

#include <gtest/gtest.h>

namespace penstock::filter {
namespace {

std::string canonical(std::string_view text) {
  const auto parsed = parse(text);
  return parsed.ok() ? to_text(parsed.value()) : "FAILED " + parsed.status().text();
}

std::string failure_of(std::string_view text) {
  const auto parsed = parse(text);
  return parsed.ok() ? "parsed as " + to_text(parsed.value()) : parsed.status().text();
}

struct Spelling {
  const char* given;
  const char* canonical;
};

TEST(Parser, PrintsOneCanonicalSpellingThatParsesToTheSame) {
  const Spelling cases[] = {
      {"status>=500", "status >= 500"},
      {"status = 500", "status == 500"},
      {"500<=status", "500 <= status"},
      {"a==1 and b==2 or c==3", "a == 1 and b == 2 or c == 3"},
      {"a==1 and (b==2 or c==3)", "a == 1 and (b == 2 or c == 3)"},
      {"(a==1 and b==2) or c==3", "a == 1 and b == 2 or c == 3"},
      {"((a)) and ((b and c))", "a and b and c"},
      {"not a == 1 and b", "not a == 1 and b"},
      {"not (a == 1 and b)", "not (a == 1 and b)"},
      {"not(not(a))", "not not a"},
      {"not a not in (1,'x',true,false,null)", "not a not in (1, 'x', true, false, null)"},
      {"a not contains 'x'", "not a contains 'x'"},
      {"a not starts_with 'x'", "not a starts_with 'x'"},
      {"a not in_cidr '10.0.0.0/8'", "not a in_cidr '10.0.0.0/8'"},
      {"a in_cidr ('10.0.0.0/8')", "a in_cidr '10.0.0.0/8'"},
      {"a in_cidr ('10.0.0.0/8','::/0')", "a in_cidr ('10.0.0.0/8', '::/0')"},
      {"exists a.b", "exists a.b"},
      {"a is null", "a is null"},
      {"a is not null", "not a is null"},
      {"lower( len( a ) ) == 'x'", "lower(len(a)) == 'x'"},
      {"lower == len", "lower == len"},
      {"a ~ '^api\\.'", "a ~ '^api\\.'"},
      {"a !~ '(?<x>y)'", "a !~ '(?<x>y)'"},
      {"a == 'it''s'", "a == 'it''s'"},
      {"\"a\" == \"b\".c", "a == b.c"},
      {"\"a b\" == \"c d\"", "\"a b\" == \"c d\""},
      {"\"a\"\"b\"", "\"a\"\"b\""},
      {"\"in\" == 1", "\"in\" == 1"},
      {"\"null\".a.in == 1", "\"null\".a.in == 1"},
      {"h['x-id'] == 'a'", "h.x-id == 'a'"},
      {"h[\"x id\"] == 'a'", "h.\"x id\" == 'a'"},
      {"@timestamp > '2024'", "@timestamp > '2024'"},
      {"a\n==\t-1.5E+3\r\n", "a == -1.5E+3"},
  };
  for (const Spelling& c : cases) {
    EXPECT_EQ(canonical(c.given), c.canonical);
    EXPECT_EQ(canonical(c.canonical), c.canonical);
    EXPECT_TRUE(parse(c.given).value() == parse(c.canonical).value()) << c.given;
  }
}

TEST(Parser, BindsNotBeforeAndBeforeOr) {
  EXPECT_TRUE(parse("not a and b or c and d").value() == parse("((not a) and b) or (c and d)").value());
  EXPECT_FALSE(parse("a or b and c").value() == parse("(a or b) and c").value());
}

TEST(Parser, ListsEachPathOnceInOrder) {
  const std::vector<Path> expected = {{"b"}, {"a", "x y"}, {"c"}};
  EXPECT_EQ(paths(parse("b == 1 and (a.\"x y\" == c or lower(b) in ('x')) and exists c").value()), expected);
}

struct Mistake {
  const char* text;
  const char* message;
  std::size_t caret;  // spaces before it
};

TEST(Parser, ErrorsPointAtTheColumnWithACaret) {
  const Mistake cases[] = {
      {"status => 500", "column 8: unknown operator '=>' (hint: write >=)", 7},
      {"status =< 500", "column 8: unknown operator '=<' (hint: write <=)", 7},
      {"a === 1", "column 3: unknown operator '===' (hint: write ==)", 2},
      {"a <> 1", "column 3: unknown operator '<>' (hint: write !=)", 2},
      {"a =~ 'x'", "column 3: unknown operator '=~' (hint: write ~)", 2},
      {"a == 1 && b", "column 8: unknown operator '&&' (hint: write and)", 7},
      {"a == 1 || b", "column 8: unknown operator '||' (hint: write or)", 7},
      {"!a", "column 1: unknown operator '!' (hint: write not)", 0},
      {"path startswith '/a'", "column 6: expected an operator after 'path', got 'startswith' (hint: write starts_with)", 5},
      {"path startsWith '/a'", "column 6: expected an operator after 'path', got 'startsWith' (hint: write starts_with)", 5},
      {"path beginswith '/a'", "column 6: expected an operator after 'path', got 'beginswith' (hint: write starts_with)", 5},
      {"path contians '/a'", "column 6: expected an operator after 'path', got 'contians' (hint: write contains)", 5},
      {"path like '/a'", "column 6: expected an operator after 'path', got 'like' (hint: write contains)", 5},
      {"a eq 1", "column 3: expected an operator after 'a', got 'eq' (hint: write ==)", 2},
      {"a == 1 AND b", "column 8: expected and, or or the end, got 'AND' (hint: write and)", 7},
      {"NOT a == 1", "column 1: expected an operator after 'NOT' (hint: did you mean not?)", 0},
      {"a exists", "column 3: 'exists' stands before its field (hint: write exists a)", 2},
      {"method == \"GET\"", "column 11: text is written in single quotes (hint: write 'GET'; if the field of that name is meant, put it on the left)", 10},
      {"a in (\"x\")", "column 7: expected a value in the list, got '\"x\"' (hint: text is written in single quotes: 'x')", 6},
      {"a in (GET)", "column 7: expected a value in the list, got 'GET' (hint: text is written in single quotes: 'GET')", 6},
      {"a ~ \"x\"", "column 5: expected a pattern after '~', got '\"x\"' (hint: text is written in single quotes: 'x')", 4},
      {"a == 'it\\'s'", "column 11: expected and, or or the end, got 's' (hint: a backslash is an ordinary character here; write a quote in quotes as '')", 10},
      {"a == 'x\\''", "column 6: the string does not end (hint: a backslash is an ordinary character here; write a quote in quotes as '')", 5},
      {"a ~ 'x[y'", "column 7: the pattern is wrong: missing ]: [y", 6},
      {"a ~ '''(?=x)'", "column 8: the pattern is wrong: invalid perl operator: (?= (hint: RE2 has no lookahead; test two patterns with and)", 7},
      {"a in_cidr '10.0.0.0/40'", "column 11: '10.0.0.0/40' must have 0 to 32 bits after the slash", 10},
      {"a in_cidr ('x')", "column 12: 'x' is no IP address or network such as '10.0.0.0/8' or '2001:db8::/32'", 11},
      {"ip == 10.0.0.1", "column 7: '10.0.0.1' is not a number (hint: an address is text: '10.0.0.1')", 6},
      {"a == 007", "column 6: '007' is not a number (hint: numbers are written as in JSON: 12, -0.5, 1e9; text in 'single quotes')", 5},
      {"a == 1 == 2", "column 8: expected and, or or the end, got '==' (hint: one comparison for each test; parentheses go around whole tests)", 7},
      {"(a == 1", "column 8: expected ')' at the end (hint: a '(' is not closed)", 7},
      {"a == 1)", "column 7: ')' closes nothing", 6},
      {"", "column 1: the filter is empty (hint: write a test, such as status >= 500)", 0},
      {"a ==", "column 5: expected a field or a value, got the end", 4},
      {"lower(a)", "column 9: a comparison is missing after 'lower(a)'", 8},
      {"upper(a) == 1", "column 1: unknown function 'upper' (hint: there are lower(...) and len(...))", 0},
      {"in == 1", "column 1: expected a field or a value, got 'in' (hint: a field of that name is written \"in\")", 0},
      {"a in 5", "column 6: expected a list after 'in', got '5' (hint: write (1, 2) or ('a', 'b'))", 5},
      {"a in ()", "column 7: expected a value in the list, got ')'", 6},
      {"a in (1,)", "column 9: expected a value in the list, got ')'", 8},
      {"a.", "column 3: expected a name after '.' (hint: quote names of other characters: a.\"1st\")", 2},
      {"a == 1; b", "column 7: unexpected ';' (hint: a filter is one expression; join tests with and)", 6},
      {"a is 5", "column 6: expected null after 'is', got '5' (hint: compare with == or !=)", 5},
      {"status 500", "column 8: expected an operator after 'status', got '500' (hint: an operator such as == is missing before it)", 7},
  };
  for (const Mistake& c : cases) {
    EXPECT_EQ(failure_of(c.text), std::string(c.message) + "\n  " + c.text + "\n  " + std::string(c.caret, ' ') + "^");
  }
}

TEST(Parser, ErrorShowsTheLineAndCountsCodePoints) {
  EXPECT_EQ(failure_of("a == 1\nand b => 2\nor c"), "column 14: unknown operator '=>' (hint: write >=)\n  and b => 2\n        ^");
  EXPECT_EQ(failure_of("a == '\xc3\xa9\xc3\xa9' => 2"), "column 11: unknown operator '=>' (hint: write >=)\n  a == '\xc3\xa9\xc3\xa9' => 2\n            ^");
  EXPECT_EQ(failure_of("a == 1 and\n"), "column 12: expected a field or a value, got the end\n  \n  ^");
}

TEST(Parser, BoundsAreErrorsOfTheirOwn) {
  const auto limit = [](const std::string& text) {
    const auto parsed = parse(text);
    return !parsed.ok() && parsed.status().code() == Code::limit;
  };
  const auto repeat = [](const std::string& piece, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += piece;
    return out;
  };
  EXPECT_TRUE(limit("a == '" + std::string(text_bytes_max, 'x') + "'"));
  EXPECT_FALSE(limit(repeat("(", 63) + "a" + repeat(")", 63)));
  EXPECT_TRUE(limit(repeat("(", 64) + "a" + repeat(")", 64)));
  EXPECT_FALSE(limit(repeat("not ", 63) + "a"));
  EXPECT_TRUE(limit(repeat("not ", 64) + "a"));
  EXPECT_FALSE(limit(repeat("lower(", 64) + "a" + repeat(")", 64) + "== 1"));
  EXPECT_TRUE(limit(repeat("lower(", 65) + "a" + repeat(")", 65) + "== 1"));
  EXPECT_FALSE(limit("a in (1" + repeat(",1", 9'999) + ")"));
  EXPECT_TRUE(limit("a in (1" + repeat(",1", 10'000) + ")"));
  EXPECT_FALSE(limit("a" + repeat(" or a", 9'999)));
  EXPECT_TRUE(limit("a" + repeat(" or a", 10'000)));
  EXPECT_FALSE(limit("a~''" + repeat(" or a~''", 255)));
  EXPECT_TRUE(limit("a~''" + repeat(" or a~''", 256)));
}

}  // namespace
}  // namespace penstock::filter
