#include "runtime/event/value_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock {
namespace {

struct Round {
  const char* in;
  const char* out;
};

class JsonValue : public ::testing::TestWithParam<Round> {};

TEST_P(JsonValue, ReadsAndWrites) {
  const Result<Value> value = value_of_json(GetParam().in);
  ASSERT_TRUE(value.ok()) << value.status().text();
  EXPECT_EQ(json_of_value(value.value()), GetParam().out);
}

INSTANTIATE_TEST_SUITE_P(Values, JsonValue,
                         ::testing::Values(Round{"null", "null"}, Round{" true ", "true"}, Round{"1", "1"}, Round{"1.0", "1"}, Round{"-2.5", "-2.5"},
                                           Round{"9223372036854775807", "9223372036854775807"}, Round{"1.7e15", "1700000000000000"},
                                           Round{"\"a\\u00e4\\n\"", "\"a\xc3\xa4\\n\""}, Round{"[1,[],{}]", "[1,[],{}]"},
                                           Round{R"({"b":1,"a":[null,false]})", R"({"a":[null,false],"b":1})"},
                                           Round{R"({"a":1,"a":2})", R"({"a":1})"},
                                           Round{"1e400", "\"1e400\""}));

TEST(JsonValue, SaysWhereATextIsBroken) {
  const Result<Value> value = value_of_json(R"({"a":tru})");
  ASSERT_FALSE(value.ok());
  EXPECT_EQ(value.status().code(), Code::invalid);
  EXPECT_EQ(value.status().text(), "json: expected a value at byte 5");
}

TEST(JsonValue, ForPeopleItIsIndented) {
  const Value value = ValueMap{{"a", ValueList{1, "x\n", ValueMap{}, ValueList{}}}, {"b \"", ValueMap{{"c", true}}}};
  const std::string text = indented_json_of_value(value);
  EXPECT_EQ(text, "{\n  \"a\": [\n    1,\n    \"x\\n\",\n    {},\n    []\n  ],\n  \"b \\\"\": {\n    \"c\": true\n  }\n}\n");
  EXPECT_EQ(value_of_json(text).value(), value);
}

TEST(JsonValue, SecretsAndFunctionsAreNotWritten) {
  EXPECT_EQ(json_of_value(ValueList{Secret("key"), FunctionRef{1}, Value()}), "[null,null,null]");
}

}  // namespace
}  // namespace penstock
