// custom_fields behind a `fields` that does not keep the headers and cookies: it takes them as they came, as the stages between
// (and before) have changed them, and they are emitted no more for that.
#include <gmock/gmock.h>

#include "bindings/stage/custom_fields_stage.h"
#include "bindings/stage/fields_stage.h"
#include "bindings/stage/filter_stage.h"
#include "bindings/stage/redact_stage.h"
#include "bindings/stage/remove_stage.h"
#include "bindings/stage/rename_stage.h"
#include "bindings/stage/set_stage.h"
#include "staged_lines.h"

namespace penstock {
namespace {

using Step = std::pair<StageFactory, ValueMap>;

const std::string request = R"({"id":7,"RequestHeaders":{"host":"h","x-id":"secret-1","other":"o"},"Cookies":"sid=secret-2","ResponseHeaders":{"etag":"e"}})";

const ValueMap collecting = {{"request_headers", ValueList{"X-Id"}}, {"cookies", ValueList{"sid"}}};

std::string after(const std::vector<Step>& before, const std::string& line = request, const ValueMap& options = collecting, const std::vector<Path>& kept = {{"RequestHeaders"}, {"Cookies"}}) {
  StagedLines stages;
  for (const Path& path : kept) EXPECT_TRUE(stages.slots().keep_aside(path));
  for (const auto& [factory, step] : before) stages.then(made(factory, step));
  return stages.then(made(make_custom_fields_stage, options)).run_one(line);
}

Step fields(ValueList names) { return {make_fields_stage, {{"names", std::move(names)}}}; }
Step remove(ValueList names) { return {make_remove_stage, {{"names", std::move(names)}}}; }
Step set(const std::string& name, Value value) { return {make_set_stage, {{"values", ValueMap{{name, std::move(value)}}}}}; }
Step redact_fields(ValueList names) { return {make_redact_stage, {{"fields", std::move(names)}}}; }
Step redact_all() { return {make_redact_stage, {{"patterns", ValueList{"secret-."}}}}; }

TEST(CustomFieldsAfterFields, FindWhatFieldsDropped) {
  const std::string all = R"({"id":7,"CustomFields":{"X-Id":"secret-1","sid":"secret-2"}})";
  EXPECT_EQ(after({fields({"id"})}), all);
  EXPECT_EQ(after({fields({"id", "x"}), fields({"id"})}), all);
  EXPECT_EQ(after({fields({"id"}), fields({"id", "RequestHeaders", "Cookies"})}), all);
  EXPECT_EQ(after({fields({"CustomFields", "id"})}), R"({"CustomFields":{"X-Id":"secret-1","sid":"secret-2"},"id":7})");
  EXPECT_EQ(after({fields({"RequestHeaders.host", "id"})}), R"({"RequestHeaders":{"host":"h"},"id":7,"CustomFields":{"X-Id":"secret-1","sid":"secret-2"}})");
  EXPECT_EQ(after({fields({"id"}), {make_custom_fields_stage, {{"request_headers", ValueList{"other"}}}}}), R"({"id":7,"CustomFields":{"other":"o","X-Id":"secret-1","sid":"secret-2"}})");
}

TEST(CustomFieldsAfterFields, TakeNestedHeaders) {
  const ValueMap options = {{"request_headers", ValueList{"a"}}, {"from", ValueMap{{"request_headers", "http.request.headers"}}}};
  const std::string line = R"({"id":7,"http":{"status":200,"request":{"headers":{"a":"1"}}}})";
  const std::vector<Path> kept = {{"http", "request", "headers"}};
  EXPECT_EQ(after({fields({"id"})}, line, options, kept), R"({"id":7,"CustomFields":{"a":"1"}})");
  EXPECT_EQ(after({fields({"http.status"})}, line, options, kept), R"({"http":{"status":200},"CustomFields":{"a":"1"}})");
  EXPECT_EQ(after({fields({"http.status"}), set("http.status", 5)}, line, options, kept), R"({"http":{"status":5},"CustomFields":{"a":"1"}})");
  EXPECT_EQ(after({fields({"id"}), remove({"http"})}, line, options, kept), R"({"id":7})");
  EXPECT_EQ(after({fields({"id"}), remove({"http.request.headers.a"})}, line, options, kept), R"({"id":7})");
  EXPECT_EQ(after({fields({"id"}), redact_fields({"http.request"})}, line, options, kept), R"({"id":7})");
}

struct Between {
  const char* name;
  std::vector<Step> steps;
  const char* result;  // behind `{"id":7`
};

// Each step stands behind `fields`, and has to do to what custom_fields finds what it would do before `fields`.
TEST(CustomFieldsAfterFields, StagesBetweenHaveTheirEffect) {
  const Between table[] = {
      {"remove", {remove({"RequestHeaders"})}, R"(,"CustomFields":{"sid":"secret-2"}})"},
      {"remove a header", {remove({"RequestHeaders.x-id"})}, R"(,"CustomFields":{"sid":"secret-2"}})"},
      {"remove another header", {remove({"RequestHeaders.host"})}, R"(,"CustomFields":{"X-Id":"secret-1","sid":"secret-2"}})"},
      {"remove all", {remove({"RequestHeaders", "Cookies"})}, R"(})"},
      {"set", {set("RequestHeaders", ValueMap{{"x-id", "n"}})}, R"(,"RequestHeaders":{"x-id":"n"},"CustomFields":{"X-Id":"n","sid":"secret-2"}})"},
      {"set a header", {set("RequestHeaders.x-id", "n")}, R"(,"RequestHeaders":{"x-id":"n"},"CustomFields":{"X-Id":"n","sid":"secret-2"}})"},
      {"set another header", {set("RequestHeaders.q", 1)}, R"(,"RequestHeaders":{"q":1},"CustomFields":{"X-Id":"secret-1","sid":"secret-2"}})"},
      {"set, then fields", {set("RequestHeaders.x-id", "n"), fields({"id"})}, R"(,"CustomFields":{"X-Id":"n","sid":"secret-2"}})"},
      {"redact the field", {redact_fields({"RequestHeaders", "Cookies"})}, R"(})"},
      {"redact a header", {redact_fields({"RequestHeaders.x-id"})}, R"(,"CustomFields":{"X-Id":"[redacted]","sid":"secret-2"}})"},
      {"redact everywhere", {redact_all()}, R"(,"CustomFields":{"X-Id":"[redacted]","sid":"[redacted]"}})"},
      {"rename away what is gone", {{make_rename_stage, {{"names", ValueMap{{"RequestHeaders", "h"}}}}}}, R"(,"CustomFields":{"X-Id":"secret-1","sid":"secret-2"}})"},
  };
  for (const Between& row : table) {
    std::vector<Step> steps = {fields({"id"})};
    steps.insert(steps.end(), row.steps.begin(), row.steps.end());
    EXPECT_EQ(after(steps), std::string(R"({"id":7)") + row.result) << row.name;
  }
}

TEST(CustomFieldsAfterFields, RedactionOfAPartThatIsStillThereLosesNothingElse) {
  EXPECT_EQ(after({fields({"id", "RequestHeaders.host"}), redact_fields({"RequestHeaders.host"})}),
            R"({"id":7,"RequestHeaders":{"host":"[redacted]"},"CustomFields":{"X-Id":"secret-1","sid":"secret-2"}})");
  EXPECT_EQ(after({fields({"id", "RequestHeaders.host"}), redact_all()}),
            R"({"id":7,"RequestHeaders":{"host":"h"},"CustomFields":{"X-Id":"[redacted]","sid":"[redacted]"}})");
}

TEST(CustomFieldsAfterFields, StagesBeforeHaveTheirEffect) {
  EXPECT_EQ(after({redact_all(), fields({"id"})}), R"({"id":7,"CustomFields":{"X-Id":"[redacted]","sid":"[redacted]"}})");
  EXPECT_EQ(after({redact_fields({"RequestHeaders.x-id"}), fields({"id"})}), R"({"id":7,"CustomFields":{"X-Id":"[redacted]","sid":"secret-2"}})");
  EXPECT_EQ(after({remove({"RequestHeaders"}), fields({"id"})}), R"({"id":7,"CustomFields":{"sid":"secret-2"}})");
  EXPECT_EQ(after({set("Cookies", "sid=n"), fields({"id"})}), R"({"id":7,"CustomFields":{"X-Id":"secret-1","sid":"n"}})");
}

TEST(CustomFieldsAfterFields, OtherStagesSeeNothingOfIt) {
  const Step present = {make_filter_stage, {{"expression", "exists RequestHeaders or exists Cookies"}}};
  EXPECT_EQ(after({fields({"id"}), present}), "(no event)");
}

TEST(CustomFieldsAfterFields, ANameOfTheEventDoesNotLeadThere) {
  EXPECT_EQ(after({fields({"id"})}, R"({"id":7,"":{"x-id":"no"},"\u0000":"sid=no"})"), R"({"id":7})");
}

}  // namespace
}  // namespace penstock
