// The stages that write, take away and move fields: set, remove, rename.
#include <gmock/gmock.h>

#include <limits>

#include "bindings/stage/remove_stage.h"
#include "bindings/stage/rename_stage.h"
#include "bindings/stage/set_stage.h"
#include "staged_lines.h"

namespace penstock {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string with_set(ValueMap values, const char* line) {
  return StagedLines().then(made(make_set_stage, {{"values", Value(std::move(values))}})).run_one(line);
}
std::string with_remove(ValueList names, const char* line) {
  return StagedLines().then(made(make_remove_stage, {{"names", Value(std::move(names))}})).run_one(line);
}
std::string with_rename(ValueMap names, const char* line) {
  return StagedLines().then(made(make_rename_stage, {{"names", Value(std::move(names))}})).run_one(line);
}

TEST(SetStage, WritesEachKindOfValue) {
  struct Case {
    Value value;
    const char* json;
  };
  const Case cases[] = {
      {"text", R"("text")"},
      {"q\"\\\n\x01", R"("q\"\\\n\u0001")"},
      {"", R"("")"},
      {42, "42"},
      {std::int64_t{9007199254740993}, "9007199254740993"},
      {0.5, "0.5"},
      {-1e300, "-1e+300"},
      {true, "true"},
      {false, "false"},
      {JsonNull{}, "null"},
      {ValueList{1, "a", ValueList{}}, R"([1,"a",[]])"},
      {ValueMap{{"b", 2}, {"a", ValueMap{}}}, R"({"a":{},"b":2})"},
  };
  for (const Case& c : cases) EXPECT_EQ(with_set({{"x", c.value}}, R"({"a":1})"), std::string(R"({"a":1,"x":)") + c.json + "}");
}

TEST(SetStage, Places) {
  EXPECT_EQ(with_set({{"a", 2}}, R"({"a":1,"b":1})"), R"({"a":2,"b":1})");
  EXPECT_EQ(with_set({{"a", 2}}, R"({"a":1,"b":1,"a":3})"), R"({"a":2,"b":1})");
  EXPECT_EQ(with_set({{"o.x", 2}}, R"({"o":{"y":1}})"), R"({"o":{"y":1,"x":2}})");
  EXPECT_EQ(with_set({{"o.p.x", 2}}, R"({"a":1})"), R"({"a":1,"o":{"p":{"x":2}}})");
  EXPECT_EQ(with_set({{"o.x", 2}}, R"({"o":5})"), R"({"o":{"x":2}})");
}

TEST(SetStage, RefusesWhatIsNoPlainValue) {
  const auto refused = [](Value value) { return refusal(make_set_stage, {{"values", ValueMap{{"a", std::move(value)}}}}); };
  EXPECT_THAT(refused(FunctionRef{1}), HasSubstr("got [function]"));
  EXPECT_THAT(refused(std::numeric_limits<double>::infinity()), HasSubstr("finite number"));
  EXPECT_THAT(refused(std::numeric_limits<double>::quiet_NaN()), HasSubstr("finite number"));
  EXPECT_THAT(refused(ValueList{Value()}), HasSubstr("a value must be"));
  Value deep(1);
  for (int i = 0; i < 100; ++i) deep = ValueList{deep};
  EXPECT_THAT(refused(deep), HasSubstr("nested deeper"));
  EXPECT_THAT(refusal(make_set_stage, {}), HasSubstr("at least one field"));
}

TEST(SetStage, RefusesASecret) {
  const auto plan = make_set_stage(Value(ValueMap{{"values", ValueMap{{"env", "prod"}, {"token", Secret("hunter2")}}}}), test_context());
  ASSERT_FALSE(plan.ok());
  EXPECT_THAT(plan.status().text(), HasSubstr("token"));
  EXPECT_THAT(plan.status().text(), ::testing::Not(HasSubstr("hunter2")));
}

TEST(RemoveStage, TakesFieldsAway) {
  EXPECT_EQ(with_remove({"a"}, R"({"a":1,"b":2})"), R"({"b":2})");
  EXPECT_EQ(with_remove({"a"}, R"({"a":1})"), "{}");
  EXPECT_EQ(with_remove({"a"}, R"({"a":1,"b":2,"a":3})"), R"({"b":2})");
  EXPECT_EQ(with_remove({"o.x"}, R"({"o":{"x":1,"y":2}})"), R"({"o":{"y":2}})");
  EXPECT_EQ(with_remove({"o.x"}, R"({"o":{"x":1}})"), R"({"o":{}})");
  EXPECT_EQ(with_remove({"a", "o.x"}, R"({"a":1,"o":{"x":1}})"), R"({"o":{}})");
}

TEST(RemoveStage, LeavesEventsWithoutTheFieldByteForByte) {
  EXPECT_EQ(with_remove({"x", "o.x"}, R"({ "a" : 1, "o" : {} })"), R"({ "a" : 1, "o" : {} })");
}

TEST(RemoveStage, DescribesItself) {
  auto plan = made(make_remove_stage, {{"names", ValueList{"a", "b.c"}}});
  EXPECT_EQ((*plan)->describe(), "remove a, b.c");
  EXPECT_THAT((*plan)->writes(), ElementsAre("a", "b.c"));
  EXPECT_THAT(refusal(make_remove_stage, {}), HasSubstr("at least one field"));
}

TEST(RenameStage, MovesValuesByteForByte) {
  EXPECT_EQ(with_rename({{"a", "x"}}, R"({"a":1e400,"b":2})"), R"({"b":2,"x":1e400})");
  EXPECT_EQ(with_rename({{"s", "t"}}, R"({"s":"\u0041"})"), R"({"t":"\u0041"})");
  EXPECT_EQ(with_rename({{"o.x", "x"}}, R"({"o":{"x":{ "k":1 },"y":2}})"), R"({"o":{"y":2},"x":{ "k":1 }})");
  EXPECT_EQ(with_rename({{"x", "o.x"}}, R"({"o":{"y":2},"x":1})"), R"({"o":{"y":2,"x":1}})");
  EXPECT_EQ(with_rename({{"a", "a.b"}}, R"({"a":1})"), R"({"a":{"b":1}})");
  EXPECT_EQ(with_rename({{"a.b", "a"}}, R"({"a":{"b":1,"c":2}})"), R"({"a":1})");
}

TEST(RenameStage, ReplacesWhatStoodThere) { EXPECT_EQ(with_rename({{"a", "b"}}, R"({"a":1,"b":2,"c":3})"), R"({"b":1,"c":3})"); }

TEST(RenameStage, AllAtOnce) {
  EXPECT_EQ(with_rename({{"a", "b"}, {"b", "a"}}, R"({"a":1,"b":2})"), R"({"a":2,"b":1})");
  EXPECT_EQ(with_rename({{"a", "b"}, {"b", "c"}}, R"({"a":1,"b":2})"), R"({"b":1,"c":2})");
}

TEST(RenameStage, PassesOverMissingFields) {
  EXPECT_EQ(with_rename({{"x", "b"}}, R"({ "a":1, "b":2 })"), R"({ "a":1, "b":2 })");
  EXPECT_EQ(with_rename({{"a", "a"}}, R"({ "a":1 })"), R"({ "a":1 })");
}

TEST(RenameStage, RefusesTwoOfOneName) {
  EXPECT_THAT(refusal(make_rename_stage, {{"names", ValueMap{{"a", "x"}, {"b", "x"}}}}), HasSubstr("two fields are renamed to x"));
  EXPECT_THAT(refusal(make_rename_stage, {{"names", ValueMap{{"a", 1}}}}), HasSubstr("must be a path, got 1"));
  EXPECT_THAT(refusal(make_rename_stage, {}), HasSubstr("at least one field"));
}

TEST(RenameStage, DescribesItself) {
  auto plan = made(make_rename_stage, {{"names", ValueMap{{"a", "x"}, {"b.c", "y"}}}});
  EXPECT_EQ((*plan)->describe(), "rename a to x, b.c to y");
  EXPECT_THAT((*plan)->reads(), ElementsAre("a", "b.c"));
  EXPECT_THAT((*plan)->writes(), ElementsAre("a", "b.c", "x", "y"));
}

}  // namespace
}  // namespace penstock
