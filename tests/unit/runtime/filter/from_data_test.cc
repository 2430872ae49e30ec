#include "runtime/filter/from_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock::filter {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Value list(ValueList values) { return Value(std::move(values)); }
Value map(const char* name, Value value) { return Value(ValueMap{{name, std::move(value)}}); }

std::string text_of(const Value& data) {
  const auto made = from_data(data);
  return made.ok() ? to_text(made.value()) : "FAILED " + made.status().text();
}

TEST(FromData, ReadsEveryShape) {
  const std::pair<Value, const char*> cases[] = {
      {list({"status", ">=", 500}), "status >= 500"},
      {list({"status", "=", "x"}), "status == 'x'"},
      {list({"status", "!=", true}), "status != true"},
      {list({"a b", "==", 1}), "FAILED column 3: expected only a field here, got 'b' (hint: \"a b\" in double quotes is a field of that name)\n  a b\n    ^"},
      {list({"\"a b\"", "==", 1}), "\"a b\" == 1"},
      {list({"in", "==", JsonNull{}}), "\"in\" == null"},
      {list({"h['x-id']", "exists"}), "exists h.x-id"},
      {list({"a", "not exists"}), "not exists a"},
      {list({"a", "is null"}), "a is null"},
      {list({"a", "is not null"}), "not a is null"},
      {list({"a", "in", list({1, "x", false, JsonNull{}})}), "a in (1, 'x', false, null)"},
      {list({"a", "not in", list({1})}), "a not in (1)"},
      {list({"a", "in_cidr", "10.0.0.0/8"}), "a in_cidr '10.0.0.0/8'"},
      {list({"a", "in_cidr", list({"10.0.0.0/8", "::1"})}), "a in_cidr ('10.0.0.0/8', '::1')"},
      {list({"a", "not contains", "it's"}), "not a contains 'it''s'"},
      {list({"a", "~", "^x\\."}), "a ~ '^x\\.'"},
      {list({"a", "!~", "x"}), "a !~ 'x'"},
      {list({"lower(a.b)", "starts_with", "x"}), "lower(a.b) starts_with 'x'"},
      {list({"len(a)", "<", 0.5}), "len(a) < 0.5"},
      {list({"a", "==", 500.0}), "a == 500"},
      {list({"a", "==", 1e300}), "a == 1e+300"},
      {list({"a", "==", std::int64_t{9007199254740993}}), "a == 9007199254740993"},
      {map("all", list({list({"a", ">", 1}), list({"b", "<", 2})})), "a > 1 and b < 2"},
      {map("any", list({list({"a", ">", 1})})), "a > 1"},
      {map("not", map("any", list({list({"a", "exists"}), "b == 1 and c"}))), "not (exists a or b == 1 and c)"},
      {map("all", list({map("any", list({"a", "b"})), map("all", list({"c", "d"}))})), "(a or b) and c and d"},
      {"status >= 500", "status >= 500"},
  };
  for (const auto& [data, expected] : cases) EXPECT_EQ(text_of(data), expected);
}

TEST(FromData, ErrorsSayWhere) {
  const std::pair<Value, const char*> cases[] = {
      {map("all", list({list({"a", "==", 1}), list({"b", "=>", 1})})), "all[2]: unknown operator '=>', expected one of ==, !=, <, <=, >, >=, contains, "
       "starts_with, ends_with, ~, !~, in, not in, in_cidr, exists, is null (hint: write >=)"},
      {map("any", list({map("all", list({list({"b", "startsWith", "x"})}))})), "any[1].all[1]: unknown operator 'startsWith'"},
      {list({"b", "startsWith", "x"}), "(hint: write starts_with)"},
      {list({"b", ">>", 1}), "(hint: write >)"},
      {map("every", list({})), "unknown name 'every'; expected one of all, any, not"},
      {map("all", list({})), "all: expected a list of at least one filter"},
      {Value(ValueMap{{"all", 1}, {"any", 2}}), "expected exactly one of all, any, not; got 2 names"},
      {list({list({"a", "==", 1})}), "hint: write { all = { ... } }"},
      {list({"a"}), "expected { field, operator, value }"},
      {list({"a", "=="}), "'==' needs a value"},
      {list({"a", "exists", 1}), "'exists' takes no value"},
      {list({"a", "in", 5}), "'in' needs a list of at least one value, got 5"},
      {list({"a", "in", list({})}), "'in' needs a list"},
      {list({"a", "==", list({1})}), "expected a string, a number, true, false or null"},
      {list({"a", "==", FunctionRef{1}}), "expected a string, a number, true, false or null"},
      {list({"a", "==", std::numeric_limits<double>::infinity()}), "expected a string, a number"},
      {list({"a", "~", "x["}), "the pattern is wrong: missing ]: [\n  x[\n   ^"},
      {list({"a", "~", 5}), "a pattern is a string"},
      {list({"a", "in_cidr", "x"}), "'x' is no IP address"},
      {list({"a", "in_cidr", list({5})}), "no network"},
      {list({"lower(a)", "exists"}), "exists takes a field"},
      {map("all", list({"a ==="})), "all[1]: column 3: unknown operator '==='"},
      {Value(5), "expected a condition such as"},
      {Value(), "expected a condition such as"},
  };
  for (const auto& [data, expected] : cases) EXPECT_THAT(text_of(data), HasSubstr(expected));
}

TEST(FromData, AllMistakesAreFound) {
  std::vector<std::string> found;
  for (const Status& mistake : mistakes_in(map("all", list({list({"a", "==", 1}), list({"a"}), map("any", list({list({"b", "~", 5}), list({"c", "in_cidr", list({"x", "::1", 5})})}))}))))
    found.push_back(mistake.text());
  EXPECT_THAT(found, ElementsAre(HasSubstr("all[2]: expected { field"), "all[3].any[1]: a pattern is a string", HasSubstr("all[3].any[2]: 'x' is no"),
                                 HasSubstr("all[3].any[2]: 5 is no network")));
  EXPECT_TRUE(mistakes_in(list({"a", "==", 1})).empty());
  EXPECT_EQ(mistakes_in(map("all", list(ValueList(1000, Value(5))))).size(), 100u);
  EXPECT_EQ(mistakes_in("a ===").size(), 1u);
}

TEST(FromData, IsBounded) {
  Value deep("a");
  for (int i = 0; i < 63; ++i) deep = map("not", deep);
  EXPECT_TRUE(from_data(deep).ok());
  EXPECT_EQ(from_data(map("not", deep)).status().code(), Code::limit);
  EXPECT_EQ(from_data(map("not", map("all", list({deep})))).status().code(), Code::limit);
  EXPECT_EQ(from_data(list({"a", "in", list(ValueList(list_items_max + 1, Value(1)))})).status().code(), Code::limit);
  EXPECT_EQ(from_data(list({"a", "==", std::string(text_bytes_max + 1, 'x')})).status().code(), Code::limit);
  EXPECT_EQ(from_data(map("any", list(ValueList(tests_max + 1, Value("a"))))).status().code(), Code::limit);
  EXPECT_EQ(from_data(map("any", list(ValueList(patterns_max + 1, list({"a", "~", "x"}))))).status().code(), Code::limit);
}

}  // namespace
}  // namespace penstock::filter
