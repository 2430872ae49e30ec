#include "bindings/stage/custom_fields_stage.h"

#include <gmock/gmock.h>

#include "staged_lines.h"

namespace penstock {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string collected(ValueMap options, const std::string& line) {
  return StagedLines().then(made(make_custom_fields_stage, std::move(options))).run_one(line);
}

// What the stage adds to an event that has these members.
std::string added(ValueMap options, const std::string& members) {
  const std::string out = collected(std::move(options), "{" + members + "}");
  const std::string before = "{" + members;
  return out.substr(0, before.size()) == before ? out.substr(before.size(), out.size() - before.size() - 1) : "changed: " + out;
}

TEST(CustomFieldsStage, CollectsFromAllThreeGroups) {
  const ValueMap options = {{"request_headers", ValueList{"X-Request-Id"}},
                            {"response_headers", ValueList{"ETag"}},
                            {"cookies", ValueList{"session"}}};
  EXPECT_EQ(added(options, R"("RequestHeaders":{"x-request-id":"r1"},"ResponseHeaders":{"etag":"e1"},"Cookies":{"session":"s1"})"),
            R"(,"CustomFields":{"X-Request-Id":"r1","ETag":"e1","session":"s1"})");
}

TEST(CustomFieldsStage, NamesMatch) {
  const ValueMap header = {{"request_headers", ValueList{"X-Id"}}};
  EXPECT_EQ(added(header, R"("RequestHeaders":{"x-iD":"1"})"), R"(,"CustomFields":{"X-Id":"1"})");
  EXPECT_EQ(added(header, R"("RequestHeaders":{"\u0078-id":"1"})"), R"(,"CustomFields":{"X-Id":"1"})");
  EXPECT_EQ(added(header, R"("RequestHeaders":{"x-id":"1","X-ID":"2"})"), R"(,"CustomFields":{"X-Id":"1"})");
  EXPECT_EQ(added(header, R"("RequestHeaders":{"x-id2":"1"})"), "");
  const ValueMap cookie = {{"cookies", ValueList{"Sid"}}};
  EXPECT_EQ(added(cookie, R"("Cookies":{"sid":"1","Sid":"2"})"), R"(,"CustomFields":{"Sid":"2"})");
}

TEST(CustomFieldsStage, ReadsCookieHeaders) {
  const ValueMap options = {{"cookies", ValueList{"a", "b"}}};
  EXPECT_EQ(added(options, R"("Cookies":"a=1; x=0; b=2")"), R"(,"CustomFields":{"a":"1","b":"2"})");
  EXPECT_EQ(added(options, R"("Cookies":"b=x=y;a=")"), R"(,"CustomFields":{"a":"","b":"x=y"})");
  EXPECT_EQ(added(options, R"("Cookies":" a = 1 ;; novalue; a=2")"), R"(,"CustomFields":{"a":"1"})");
  EXPECT_EQ(added(options, R"("Cookies":"a=\"q\\\"")"), R"(,"CustomFields":{"a":"\"q\\\""})");
  EXPECT_EQ(added(options, R"("RequestHeaders":{"Cookie":"a=1"})"), R"(,"CustomFields":{"a":"1"})");
  EXPECT_EQ(added(options, R"("Cookies":{"b":"2"},"RequestHeaders":{"Cookie":"a=1"})"), R"(,"CustomFields":{"b":"2"})");
  EXPECT_EQ(added(options, R"("Cookies":"")"), "");
  EXPECT_EQ(added(options, R"("Cookies":17)"), "");
}

TEST(CustomFieldsStage, SplicesValuesAsTheyAre) {
  const ValueMap options = {{"request_headers", ValueList{"a", "b", "c"}}};
  EXPECT_EQ(added(options, R"("RequestHeaders":{"a":"\u00e9\/","b":["x", "y"],"c":1e400})"),
            R"(,"CustomFields":{"a":"\u00e9\/","b":["x", "y"],"c":1e400})");
}

TEST(CustomFieldsStage, OfOneNameInSeveralGroupsTheFirstWithAValueWins) {
  const ValueMap options = {{"request_headers", ValueList{"id"}}, {"response_headers", ValueList{"id"}}, {"cookies", ValueList{"id"}}};
  EXPECT_EQ(added(options, R"("RequestHeaders":{"id":"1"},"ResponseHeaders":{"id":"2"},"Cookies":{"id":"3"})"), R"(,"CustomFields":{"id":"1"})");
  EXPECT_EQ(added(options, R"("ResponseHeaders":{"id":"2"},"Cookies":{"id":"3"})"), R"(,"CustomFields":{"id":"2"})");
  EXPECT_EQ(added(options, R"("Cookies":{"id":"3"})"), R"(,"CustomFields":{"id":"3"})");
}

TEST(CustomFieldsStage, EventsWithNoneStayAsTheyCame) {
  const ValueMap options = {{"request_headers", ValueList{"a"}}, {"cookies", ValueList{"b"}}};
  EXPECT_EQ(collected(options, R"({ "x" : 1 })"), R"({ "x" : 1 })");
  EXPECT_EQ(collected(options, R"({ "RequestHeaders" : "c: 1" })"), R"({ "RequestHeaders" : "c: 1" })");
}

TEST(CustomFieldsStage, TakesFromAndWritesToOtherPaths) {
  const ValueMap options = {{"request_headers", ValueList{"a"}},
                            {"cookies", ValueList{"c"}},
                            {"from", ValueMap{{"request_headers", "http.request.headers"}, {"cookies", "jar"}}},
                            {"into", "custom"}};
  EXPECT_EQ(added(options, R"("http":{"request":{"headers":{"A":"1"}}},"jar":"c=2")"), R"(,"custom":{"a":"1","c":"2"})");
}

TEST(CustomFieldsStage, ReadsHeadersAndCookiesInEachForm) {
  const ValueMap options = {{"request_headers", ValueList{"A", "B"}}, {"cookies", ValueList{"c", "d"}}};
  EXPECT_EQ(added(options, R"("RequestHeaders":[{"name":"a","value":"1"},{"name":"b","value":2}])"), R"(,"CustomFields":{"A":"1","B":2})");
  EXPECT_EQ(added(options, R"("RequestHeaders":["a: 1","b:2"])"), R"(,"CustomFields":{"A":"1","B":"2"})");
  EXPECT_EQ(added(options, R"("RequestHeaders":"GET / HTTP/1.1\r\nhost: h\r\na: x: y\r\nb:\r\n\r\n")"), R"(,"CustomFields":{"A":"x: y","B":""})");
  EXPECT_EQ(added(options, R"("RequestHeaders":"a:1\nb:2")"), R"(,"CustomFields":{"A":"1","B":"2"})");
  EXPECT_EQ(added(options, R"("RequestHeaders":"a:1\r\nCookie: c=1; d=2")"), R"(,"CustomFields":{"A":"1","c":"1","d":"2"})");
  EXPECT_EQ(added(options, R"("RequestHeaders":[{"name":"Cookie","value":"c=1"},{"name":"cookie","value":"d=2"}])"), R"(,"CustomFields":{"c":"1","d":"2"})");
  EXPECT_EQ(added(options, R"("Cookies":[{"name":"c","value":"1"},{"name":"D","value":"2"}])"), R"(,"CustomFields":{"c":"1"})");
  EXPECT_EQ(added(options, R"("Cookies":["c=1","d=2; x=3"])"), R"(,"CustomFields":{"c":"1","d":"2"})");
  for (const char* nothing : {R"([{"name":"a"},{"value":"1"},{"name":1,"value":1},17,null,[]])", R"([])", R"("")", R"("a")", "true"})
    EXPECT_EQ(added(options, std::string(R"("RequestHeaders":)") + nothing), "") << nothing;
}

TEST(CustomFieldsStage, AddsToTheObjectThatStandsThere) {
  const ValueMap options = {{"request_headers", ValueList{"a", "b"}}};
  EXPECT_EQ(collected(options, R"({"CustomFields":{ "old" : 1,"b":"was","b":"again" },"RequestHeaders":{"a":"1","b":"2"}})"),
            R"({"CustomFields":{"old":1,"b":"2","a":"1"},"RequestHeaders":{"a":"1","b":"2"}})");
  EXPECT_EQ(collected(options, R"({"CustomFields":{"b":"was"},"RequestHeaders":{"a":"1"}})"), R"({"CustomFields":{"b":"was","a":"1"},"RequestHeaders":{"a":"1"}})");
  EXPECT_EQ(collected(options, R"({"CustomFields":"text","RequestHeaders":{"a":"1"}})"), R"({"CustomFields":{"a":"1"},"RequestHeaders":{"a":"1"}})");
  EXPECT_EQ(collected(options, R"({"CustomFields":{},"RequestHeaders":{"a":"1"}})"), R"({"CustomFields":{"a":"1"},"RequestHeaders":{"a":"1"}})");
  EXPECT_EQ(collected(options, R"({"CustomFields":{ "b" : 1 }})"), R"({"CustomFields":{ "b" : 1 }})");
}

TEST(CustomFieldsStage, ASecondStageAddsToTheFirst) {
  StagedLines stages;
  stages.then(made(make_custom_fields_stage, {{"request_headers", ValueList{"a"}}})).then(made(make_custom_fields_stage, {{"cookies", ValueList{"c", "a"}}}));
  EXPECT_EQ(stages.run_one(R"({"RequestHeaders":{"a":"1"},"Cookies":{"c":"2"}})"),
            R"({"RequestHeaders":{"a":"1"},"Cookies":{"c":"2"},"CustomFields":{"a":"1","c":"2"}})");
  EXPECT_EQ(stages.run_one(R"({"RequestHeaders":{"a":"1"},"Cookies":{"a":"3"}})"), R"({"RequestHeaders":{"a":"1"},"Cookies":{"a":"3"},"CustomFields":{"a":"3"}})");
}

TEST(CustomFieldsStage, RefusesWrongOptions) {
  EXPECT_THAT(refusal(make_custom_fields_stage, {}), HasSubstr("name at least one of"));
  EXPECT_THAT(refusal(make_custom_fields_stage, {{"cookies", ValueList{"a"}}, {"into", "a."}}), HasSubstr("custom_fields: path 'a.'"));
}

TEST(CustomFieldsStage, DescribesItself) {
  auto plan = made(make_custom_fields_stage, {{"request_headers", ValueList{"X-Id", "x-id"}}, {"cookies", ValueList{"a", "b"}}});
  EXPECT_EQ((*plan)->describe(), "custom_fields request_headers {X-Id} of RequestHeaders, cookies {a, b} of Cookies into CustomFields");
  EXPECT_THAT((*plan)->reads(), ElementsAre("RequestHeaders", "Cookies"));
  EXPECT_THAT((*plan)->writes(), ElementsAre("CustomFields"));
}

}  // namespace
}  // namespace penstock
