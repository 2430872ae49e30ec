#include "runtime/filter/predicate.h"

#include <gtest/gtest.h>

#include "runtime/filter/parser.h"

namespace penstock::filter {
namespace {

bool holds(std::string_view filter, std::string_view json) {
  auto parsed = parse(filter);
  if (!parsed.ok()) {
    ADD_FAILURE() << parsed.status().text();
    return false;
  }
  SlotTable slots;
  const Predicate predicate(std::make_shared<const Expression>(std::move(*parsed)), slots);
  Batch batch(slots);
  return predicate.matches(batch.add(json, 0, Base::json));
}

struct Case {
  const char* filter;
  bool expected;
};

// One field of every kind; `gone` is missing.
constexpr const char* event = R"({"nul":null,"yes":true,"no":false,"n":500,"neg":-3,"dec":0.25,"s":"Apple","num":"500","esc":"a\"\u00e9\n",)"
                              R"("empty":"","zero":0,"ip":"10.1.2.3","tags":["a",2,"500",null],"obj":{"k":"v","in":1,"x id":{"deep":7}},"none":[]})";

void expect_all(std::initializer_list<Case> cases) {
  for (const Case& c : cases) {
    EXPECT_EQ(holds(c.filter, event), c.expected) << c.filter;
    EXPECT_EQ(holds("not (" + std::string(c.filter) + ")", event), !c.expected) << c.filter;
  }
}

TEST(Predicate, EqualsByKind) {
  expect_all({
      {"n == 500", true},       {"n == 500.0", true},    {"n == 5e2", true},       {"n == 501", false},     {"n == '500'", true},
      {"n == '5e2'", false},    {"num == 500", true},    {"num == 5e2", true},     {"num == '500'", true},  {"num == '500.0'", false},
      {"s == 'Apple'", true},   {"s == 'apple'", false}, {"s == 500", false},      {"s == 'Apple '", false}, {"empty == ''", true},
      {"empty == 0", false},    {"nul == null", true},   {"nul == false", false},  {"nul == 0", false},     {"nul == ''", false},
      {"yes == true", true},    {"yes == false", false}, {"no == false", true},    {"yes == 'true'", false}, {"yes == 1", false},
      {"zero == false", false}, {"tags == 'a'", false},  {"obj == obj", false},    {"none == none", false}, {"esc == 'a\"\xc3\xa9\n'", true},
      {"dec == 0.25", true},    {"dec == 25e-2", true},  {"neg == -3", true},      {"zero == -0", true},    {"500 == n", true},
      {"n == num", true},       {"num == n", true},      {"s == s", true},         {"n == s", false},       {"5 == 5.0", true},
      {"'5' == 5.0", false},    {"'5' == 5", true},      {"null == null", true},   {"esc == 500", false},
  });
}

TEST(Predicate, AMissingFieldMakesTestsFalseAndTheirNegationsTrue) {
  expect_all({
      {"gone == 1", false},       {"gone != 1", true},           {"gone == 'x'", false},        {"gone != 'x'", true},
      {"gone == null", false},    {"gone != null", true},        {"gone < 1", false},           {"gone <= 1", false},
      {"gone > 1", false},        {"gone >= 1", false},          {"gone == gone", false},       {"gone != gone", true},
      {"gone in (1, null)", false}, {"gone not in (1, null)", true}, {"gone contains ''", false}, {"gone starts_with ''", false},
      {"gone ends_with ''", false}, {"s contains gone", false},  {"gone ~ ''", false},          {"gone !~ ''", true},
      {"gone in_cidr '::/0'", false}, {"gone", false},           {"exists gone", false},        {"gone is null", false},
      {"gone is not null", true}, {"len(gone) == 0", false},     {"len(gone) != 0", true},      {"lower(gone) == ''", false},
      {"obj.gone == 1", false},   {"s.k == 1", false},           {"tags.a == 1", false},        {"gone.k != 1", true},
  });
}

TEST(Predicate, OrdersNumbersByValueAndStringsByBytes) {
  expect_all({
      {"n > 499", true},      {"n >= 500", true},    {"n < 500", false},     {"n <= 500", true},      {"n > 499.99", true},
      {"n < 5.001e2", true},  {"499 < n", true},     {"500 <= n", true},     {"500 > n", false},      {"501 >= n", true},
      {"neg < 0", true},      {"neg > -3.5", true},  {"dec < 1", true},      {"dec > 0", true},       {"num > 60", true},
      {"num > '60'", false},  {"n > '60'", false},   {"s < 'Banana'", true}, {"s < 'apple'", true},   {"s > 'App'", true},
      {"s <= 'Apple'", true}, {"s > 5", false},      {"s < 5", false},       {"yes > false", false},  {"yes >= true", false},
      {"nul <= null", false}, {"tags > 1", false},   {"empty < 'a'", true},  {"'B' > s", true},       {"n > dec", true},
  });
}

TEST(Predicate, ComparesNumbersOfAnySizeExactly) {
  const char* big = R"({"a":9007199254740993,"b":9007199254740992,"c":18446744073709551616,"d":1e400,"e":-0,"f":1.0,"g":1e2,"h":0.1000000000000000055511151231257827})";
  const Case cases[] = {
      {"a == 9007199254740993", true}, {"a == 9007199254740992", false}, {"a > b", true},  {"a != b", true},          {"a > 9007199254740992", true},
      {"c == 18446744073709551616", true}, {"c > 18446744073709551615", true}, {"c < 1.8446744073709551617e19", true}, {"d == 1e400", true},
      {"d > 1e399", true},             {"d < 10.1e399", true},           {"d == 10e399", true}, {"e == 0", true},     {"e < 0", false},
      {"f == 1", true},                {"g == 100", true},               {"h == 0.1", false},   {"h > 0.1", true},    {"c in (18446744073709551616)", true},
      {"g in (100)", true},            {"g in (1e2)", true},             {"g in (99, 101)", false}, {"e in (0)", true}, {"d in (1e399, 1e400)", true},
  };
  for (const Case& c : cases) EXPECT_EQ(holds(c.filter, big), c.expected) << c.filter;
}

TEST(Predicate, LooksIntoText) {
  expect_all({
      {"s contains 'ppl'", true},    {"s contains ''", true},      {"s contains 'x'", false},     {"s starts_with 'App'", true},
      {"s starts_with 'pp'", false}, {"s ends_with 'ple'", true},  {"s ends_with 'Apples'", false}, {"n starts_with '5'", true},
      {"n starts_with 5", true},     {"n contains '00'", true},    {"n ends_with '0'", true},     {"num starts_with 5", true},
      {"s starts_with s", true},     {"esc contains '\"\xc3\xa9'", true}, {"esc contains 'u00e9'", false}, {"esc starts_with 'a\"'", true},
      {"esc ends_with '\n'", true},  {"yes contains 'true'", false}, {"nul starts_with ''", false}, {"obj contains 'k'", false},
      {"'Apple pie' starts_with s", true}, {"esc starts_with esc", true},
  });
}

TEST(Predicate, AnArrayContainsWhatAnElementEquals) {
  expect_all({
      {"tags contains 'a'", true}, {"tags contains 2", true},   {"tags contains 2.0", true}, {"tags contains 500", true}, {"tags contains '2'", true},
      {"tags contains null", true}, {"tags contains 'b'", false}, {"tags contains true", false}, {"none contains ''", false}, {"tags starts_with 'a'", false},
  });
}

TEST(Predicate, SearchesPatterns) {
  expect_all({
      {"s ~ 'pp'", true},      {"s ~ '^pp'", false},   {"s ~ '^App'", true},  {"s ~ '(?i)APPLE$'", true}, {"s !~ 'x'", true},
      {"n ~ '^5\\d\\d$'", true}, {"esc ~ '\xc3\xa9\\n$'", true}, {"yes ~ 't'", false}, {"yes !~ 't'", true}, {"tags ~ 'a'", false},
      {"s ~ ''", true},        {"s ~ '(?<x>A)p+'", true}, {"s ~ '(?P<x>A)p+'", true}, {"lower(s) ~ '^apple'", true},
  });
}

TEST(Predicate, FindsInLists) {
  expect_all({
      {"n in (404, 500)", true},   {"n in (404)", false},      {"n in ('500')", true},  {"n in ('5e2')", false}, {"n not in (500)", false},
      {"num in (500)", true},      {"num in ('500')", true},   {"s in ('Apple', 'x')", true}, {"s in ('apple')", false}, {"s not in ('x')", true},
      {"nul in (null)", true},     {"nul in (1)", false},      {"yes in (true)", true}, {"no in (true)", false}, {"esc in ('a\"\xc3\xa9\n')", true},
      {"lower(s) in ('apple')", true}, {"len(s) in (5)", true}, {"tags in ('a')", false}, {"dec in (0.25)", true}, {"empty in ('')", true},
      {"'x' in ('x', 'y')", true},
  });
}

TEST(Predicate, FindsAddressesInNetworks) {
  expect_all({
      {"ip in_cidr '10.0.0.0/8'", true}, {"ip in_cidr ('192.168.0.0/16', '10.1.0.0/16')", true}, {"ip in_cidr '11.0.0.0/8'", false},
      {"ip not in_cidr '11.0.0.0/8'", true}, {"s in_cidr '0.0.0.0/0'", false}, {"n in_cidr '0.0.0.0/0'", false}, {"nul in_cidr '::/0'", false},
  });
}

TEST(Predicate, AsksForPresenceNullAndTruth) {
  expect_all({
      {"exists nul", true},  {"exists empty", true}, {"exists none", true}, {"exists obj.k", true}, {"exists obj.z", false}, {"nul is null", true},
      {"s is null", false},  {"nul is not null", false}, {"yes", true},     {"no", false},          {"nul", false},          {"n", false},
      {"s", false},          {"obj", false},
  });
}

TEST(Predicate, ReadsNestedAndQuotedPaths) {
  expect_all({{"obj.k == 'v'", true}, {"obj.in == 1", true}, {"obj.\"x id\".deep == 7", true}, {"obj['x id'].deep == 7", true}, {"\"n\" == 500", true}});
}

TEST(Predicate, LowersAsciiLettersOnly) {
  const char* text = R"({"a":"\u00c9COLE X","b":"GET","t":true})";
  EXPECT_TRUE(holds("lower(a) == '\xc3\x89" "cole x'", text));
  EXPECT_TRUE(holds("lower(b) == 'get' and lower(b) == lower('Get') and lower(lower(b)) == 'get'", text));
  EXPECT_TRUE(holds("lower(b) starts_with 'g' and lower(a) ends_with 'x' and lower(a) contains 'cole'", text));
  EXPECT_TRUE(holds("lower(t) == true", text));
  EXPECT_FALSE(holds("lower(b) == 'GET'", text));
}

TEST(Predicate, MeasuresLength) {
  expect_all({
      {"len(s) == 5", true},    {"len(esc) == 5", true}, {"len(empty) == 0", true}, {"len(tags) == 4", true}, {"len(obj) == 3", true}, {"len(none) == 0", true},
      {"len(n) >= 0", false},   {"len(nul) >= 0", false}, {"len(yes) >= 0", false}, {"len('abc') == 3", true}, {"len(lower(s)) == 5", true}, {"lower(len(s)) == 5", true},
      {"len(len(s)) > 0", false}, {"len(s) > len(empty)", true}, {"len(s) == '5'", true}, {"len(5) >= 0", false},
  });
}

TEST(Predicate, TextsOfParsedLinesAreStrings) {
  SlotTable slots;
  const Predicate predicate(std::make_shared<const Expression>(parse("status >= 500 and path starts_with '/a\"' and time < 0.5").value()), slots);
  Batch batch(slots);
  Event& line = batch.add("raw", 0, Base::entries);
  line.slots[slots.find("status")] = Slice::text("503");
  line.slots[slots.find("path")] = Slice::text("/a\"b");
  line.slots[slots.find("time")] = Slice::text("0.013");
  EXPECT_TRUE(predicate.matches(line));
}

TEST(Predicate, StopsLookingWhenTheResultIsKnown) {
  SlotTable slots;
  const Predicate predicate(std::make_shared<const Expression>(parse("a == 1 and b.c == 2 or d.e == 3").value()), slots);
  Batch batch(slots);
  Event& matched = batch.add(R"({"a":1,"b":{"c":2},"d":{"e":3}})", 0, Base::json);
  EXPECT_TRUE(predicate.matches(matched));
  EXPECT_EQ(matched.slots[slots.add(Path{"d", "e"})].kind, Kind::unset);
  Event& skipped = batch.add(R"({"a":2,"b":{"c":2},"d":{"e":3}})", 0, Base::json);
  EXPECT_TRUE(predicate.matches(skipped));
  EXPECT_EQ(skipped.slots[slots.add(Path{"b", "c"})].kind, Kind::unset);
}

TEST(Predicate, LooksUpByNameWhenTheSlotTableIsFull) {
  SlotTable slots;
  for (std::size_t i = 0; i < SlotTable::slots_max; ++i) slots.add("f" + std::to_string(i));
  const Predicate predicate(std::make_shared<const Expression>(parse("a.b == 1 and c starts_with 'x'").value()), slots);
  Batch batch(slots);
  EXPECT_TRUE(predicate.matches(batch.add(R"({"a":{"b":1},"c":"xy"})", 0, Base::json)));
  EXPECT_FALSE(predicate.matches(batch.add(R"({"a":{"b":2},"c":"xy"})", 0, Base::json)));
}

TEST(Predicate, GivesScratchBack) {
  SlotTable slots;
  const Predicate predicate(std::make_shared<const Expression>(parse("lower(a) == lower(b) or lower(a) contains b or a ~ 'zz' or len(a) > 9").value()), slots);
  Batch batch(slots);
  const std::string json = R"({"a":"\u0041B\n","b":"\u0041C\n"})";
  Event& event_ = batch.add(json, 0, Base::json);
  EXPECT_FALSE(predicate.matches(event_));
  const char* before = batch.arena().allocate(0);
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(predicate.matches(event_));
  EXPECT_EQ(batch.arena().allocate(0), before);
}

TEST(Predicate, SurvivesScratchOverSeveralArenaBlocks) {
  const std::string big(100'000, 'x');
  EXPECT_TRUE(holds("lower(a) == b and a contains b and b ends_with a", R"({"a":"\u0078)" + big + R"(","b":"\u0078)" + big + R"("})"));
}

TEST(Predicate, TakesBrokenTextOfUncheckedEventsAsNoValue) {
  SlotTable slots;
  const Predicate predicate(std::make_shared<const Expression>(parse("a == 1 or a > 1 or len(a) > 0 or a contains 'x' or a in (1)").value()), slots);
  for (const Slice broken : {Slice::number("1x"), Slice::number("007"), Slice::number("-"), Slice::object("{\"a\""), Slice{"[1,", 3, Kind::array}}) {
    Batch batch(slots);
    Event& event_ = batch.add("", 0, Base::entries);
    event_.slots[slots.find("a")] = broken;
    EXPECT_EQ(predicate.matches(event_), broken.view() == "1x") << broken.view();  // its text does contain an x
  }
}

}  // namespace
}  // namespace penstock::filter
