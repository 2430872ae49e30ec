#include "bindings/stage/parse_stage.h"

#include <gtest/gtest.h>

#include "bindings/codec/json_decoder.h"
#include "bindings/codec/json_encode.h"
#include "bindings/codec/text_codecs.h"

namespace penstock {
namespace {

class Parse : public ::testing::Test {
 protected:
  Parse() {
    add_text_codecs(components_);
    components_.decoders["json"] = make_json_decoder;
  }

  // The events behind the stage as JSON, rejections as `!reason`.
  std::vector<std::string> run(ValueMap options, const std::string& ndjson) {
    const PlanContext context{components_, "p", "", 1, ""};
    auto plan = make_parse_stage(Value(std::move(options)), context);
    if (!plan.ok()) return {plan.status().text()};
    SlotTable slots;
    const auto stage = (*plan)->open({slots, 0});
    const auto input_plan = make_json_decoder(Value());
    const auto decoder = input_plan.value()->open(slots);
    Batch batch(slots);
    std::vector<char> bytes(ndjson.begin(), ndjson.end());
    bytes.resize(ndjson.size() + padding_bytes);
    EXPECT_EQ(decoder->decode({bytes.data(), ndjson.size()}, 0, true, batch), ndjson.size());
    stage->run(batch);
    std::vector<std::string> out;
    for (const std::uint32_t index : batch.live) {
      Buffer json;
      append_event_json(batch[index], json);
      out.emplace_back(json.view());
    }
    for (const Rejection& rejection : batch.rejected) out.push_back("!" + rejection.reason);
    return out;
  }

  using Lines = std::vector<std::string>;
  Components components_;
};

TEST_F(Parse, MergesTheFieldsOfALineFormat) {
  EXPECT_EQ(run({{"format", "nginx"}, {"log_format", "$status $uri"}}, R"({"a":1,"message":"200 /x"})"),
            (Lines{R"({"a":1,"message":"200 /x","status":200,"uri":"/x"})"}));
}

TEST_F(Parse, RemoveTakesTheFieldAwayAndFieldsFoundReplaceOthers) {
  EXPECT_EQ(run({{"format", "logfmt"}, {"remove", true}}, R"({"level":"x","message":"level=warn n=3","z":0})"),
            (Lines{R"({"level":"warn","z":0,"n":"3"})"}));
}

TEST_F(Parse, FoundFieldOfTheSameNameStaysThoughTheSourceIsRemoved) {
  EXPECT_EQ(run({{"format", "syslog"}, {"remove", true}}, R"({"message":"<34>1 - h - - - - hello"})"),
            (Lines{R"({"message":"hello","priority":34,"facility":"auth","severity":"crit","hostname":"h"})"}));
}

TEST_F(Parse, PrefixGoesBeforeEachName) {
  EXPECT_EQ(run({{"format", "nginx"}, {"log_format", "$status"}, {"prefix", "web_"}, {"field", "line.text"}}, R"({"line":{"text":"404"}})"),
            (Lines{R"({"line":{"text":"404"},"web_status":404})"}));
}

TEST_F(Parse, EscapedTextIsReadUnescapedWithItsLineBreaks) {
  EXPECT_EQ(run({{"format", "syslog"}, {"remove", true}}, R"({"message":"<34>1 - - app - - [a b=\"c\\\"d\"] one\ntwo"})"),
            (Lines{R"({"message":"one\ntwo","priority":34,"facility":"auth","severity":"crit","app_name":"app","structured_data":{"a":{"b":"c\"d"}}})"}));
}

TEST_F(Parse, JsonMembersKeepTheirText) {
  EXPECT_EQ(run({{"format", "json"}, {"remove", true}}, R"({"message":"{\"n\":1e400,\"s\":\"a\\n\",\"o\":{\"x\":[1]}}"})"),
            (Lines{R"({"n":1e400,"s":"a\n","o":{"x":[1]}})"}));
}

TEST_F(Parse, CsvTakesItsColumns) {
  EXPECT_EQ(run({{"format", "csv"}, {"columns", ValueList{"a", "b"}}, {"remove", true}}, R"({"message":"1,\"x,\"\"y\"\"\""})"),
            (Lines{R"({"a":"1","b":"x,\"y\""})"}));
}

TEST_F(Parse, ErrorsGoWhereOnErrorSays) {
  const std::string input = "{\"message\":\"x\"}\n{\"message\":\"200\"}\n{\"n\":1}\n{\"message\":7}\n";
  const ValueMap nginx = {{"format", "nginx"}, {"log_format", "<$status>"}};
  const auto with = [&](const char* on_error) {
    ValueMap options = nginx;
    options["on_error"] = on_error;
    return run(options, input + "{\"message\":\"<200>\"}");
  };
  const std::string good = R"({"message":"<200>","status":200})";
  EXPECT_EQ(with("drop"), (Lines{good}));
  EXPECT_EQ(with("keep"), (Lines{R"({"message":"x"})", R"({"message":"200"})", R"({"n":1})", R"({"message":7})", good}));
  EXPECT_EQ(with("dead_letter"),
            (Lines{good, "!parse message: nginx: expected '<' at byte 0", "!parse message: nginx: expected '<' at byte 0",
                   "!parse message: the event has no such field", "!parse message: the field is no string"}));
}

TEST_F(Parse, ValueMustBeOneRecord) {
  EXPECT_EQ(run({{"format", "json"}}, R"({"message":"{}\n{}"})"), (Lines{"!parse message: more than one record in the value"}));
  EXPECT_EQ(run({{"format", "json"}}, R"({"message":" "})"), (Lines{"!parse message: no record in the value"}));
}

TEST_F(Parse, WrongOptionsAreNamed) {
  EXPECT_EQ(run({{"format", "xml"}}, "")[0],
            "option 'format' must be one of apache, cef, csv, json, lines, logfmt, nginx, regex, syslog, got \"xml\"");
  EXPECT_EQ(run({{"format", "csv"}}, "")[0], "format 'csv' needs 'columns' and no 'header' here: a field's value is one record");
  EXPECT_EQ(run({{"format", "json"}, {"on_error", "stop"}}, "")[0],
            "option 'on_error' must be \"dead_letter\", \"keep\" or \"drop\", got \"stop\"");
}

TEST_F(Parse, ExplainNamesWhatIsReadAndWritten) {
  const PlanContext context{components_, "p", "", 1, ""};
  const auto plan = make_parse_stage(Value(ValueMap{{"format", "nginx"}, {"log_format", "$status $host"}, {"prefix", "w."}}), context);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan.value()->describe(), "parse message as nginx $status $host");
  EXPECT_EQ(plan.value()->reads(), (Lines{"message"}));
  EXPECT_EQ(plan.value()->writes(), (Lines{"\"w.status\"", "\"w.host\""}));
}

}  // namespace
}  // namespace penstock
