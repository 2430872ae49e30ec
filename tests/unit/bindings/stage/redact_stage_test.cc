#include "bindings/stage/redact_stage.h"

#include <gmock/gmock.h>

#include <random>

#include "bindings/stage/fields_stage.h"
#include "bindings/stage/rename_stage.h"
#include "bindings/stage/set_stage.h"
#include "runtime/event/json_text.h"
#include "staged_lines.h"

namespace penstock {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string redacted(ValueMap options, const std::string& line) {
  return StagedLines().then(made(make_redact_stage, std::move(options))).run_one(line);
}

const ValueMap emails = {{"kinds", ValueList{"email"}}, {"mask", "#"}};

TEST(RedactStage, EveryStringOfTheEvent) {
  struct Case {
    const char* in;
    const char* out;
  };
  const Case cases[] = {
      {R"({"a":"joe@example.com","b":1})", R"({"a":"#","b":1})"},
      {R"({"a":"from joe@example.com to x"})", R"({"a":"from # to x"})"},
      {R"({"o":{"list":[{"x":"joe@example.com"},"joe@example.com",1]}})", R"({"o":{"list":[{"x":"#"},"#",1]}})"},
      {R"({"a":"joe\u0040example.com"})", R"({"a":"#"})"},
      {R"({"a":"\"\tjoe\u0040example.com"})", R"({"a":"\"\t#"})"},
      {R"({"a":"x","a":"joe@example.com"})", R"({"a":"x","a":"#"})"},
      {R"({"o":{"a":"x","a":"joe@example.com"}})", R"({"o":{"a":"x","a":"#"}})"},
      {R"({"joe@example.com":"joe@example.com"})", R"({"joe@example.com":"#"})"},
      {R"({"\u0061\"":"joe@example.com","n":1e400})", R"({"a\"":"#","n":1e400})"},
      {R"({"":"joe@example.com"})", R"({"":"#"})"},
  };
  for (const Case& c : cases) EXPECT_EQ(redacted(emails, c.in), c.out);
}

TEST(RedactStage, AnEventInWhichNothingIsFoundKeepsItsBytes) {
  const char* line = R"({ "a" : "\u0041", "a" : [ 1.0 , "x" ], "n" : 12 })";
  EXPECT_EQ(redacted(emails, line), line);
  EXPECT_EQ(redacted({{"fields", ValueList{"a", "zz"}}, {"kinds", ValueList{"ipv4"}}}, R"({ "a" : "x" })"), R"({ "a" : "x" })");
}

TEST(RedactStage, NamedFieldsOnly) {
  const ValueMap options = {{"fields", ValueList{"a", "o.x"}}, {"kinds", ValueList{"email", "card"}}, {"mask", "#"}};
  struct Case {
    const char* in;
    const char* out;
  };
  const Case cases[] = {
      {R"({"a":"joe@example.com","b":"joe@example.com"})", R"({"a":"#","b":"joe@example.com"})"},
      {R"({"o":{"x":"joe@example.com","y":"joe@example.com"}})", R"({"o":{"x":"#","y":"joe@example.com"}})"},
      {R"({"a":{"deep":["joe@example.com"]}})", R"({"a":{"deep":["#"]}})"},
      {R"({"a":4111111111111111})", R"({"a":"#"})"},
      {R"({"a":[4111111111111111,-5,4111111111111111]})", R"({"a":["#",-5,"#"]})"},
      {R"({"o":[{"x":"joe@example.com"},{"y":"joe@example.com"}]})", R"({"o":[{"x":"#"},{"y":"joe@example.com"}]})"},
      {R"({"a":"x","a":"joe@example.com"})", R"({"a":"x"})"},
      {R"({"a":"joe@example.com","a":"joe@example.com"})", R"({"a":"#"})"},
      {R"({"o":{},"o":{"x":"joe@example.com"}})", R"({"o":{}})"},
      {R"({"o":{"x":"ok","x":"joe@example.com"}})", R"({"o":{"x":"ok","x":"#"}})"},
      {R"({"o":{"\u0078":"joe@example.com"}})", R"({"o":{"\u0078":"#"}})"},
      {R"({"o":5})", R"({"o":5})"},
  };
  for (const Case& c : cases) EXPECT_EQ(redacted(options, c.in), c.out);
}

TEST(RedactStage, WholeValues) {
  const ValueMap options = {{"fields", ValueList{"a", "o.x"}}};
  for (const char* value : {R"("text")", "17", "true", "null", "[1]", R"({"k":"v"})", R"("")"})
    EXPECT_EQ(redacted(options, std::string(R"({"a":)") + value + R"(,"b":1})"), R"({"a":"[redacted]","b":1})") << value;
  EXPECT_EQ(redacted(options, R"({"a":1,"a":2,"o":{"x":1,"x":2,"y":3}})"), R"({"a":"[redacted]","o":{"x":"[redacted]","x":"[redacted]","y":3}})");
  EXPECT_EQ(redacted(options, R"({ "b" : 1 })"), R"({ "b" : 1 })");
}

// Headers come as an object, as a list, or as text, and what a path names must not get through in any of them.
TEST(RedactStage, APathMeansListsOfPairsAndTextsToo) {
  const ValueMap options = {{"fields", ValueList{"h.Key"}}};
  const struct {
    const char* before;
    const char* after;
  } rows[] = {
      {R"({"h":{"Key":"s","b":"1"}})", R"({"h":{"Key":"[redacted]","b":"1"}})"},
      {R"({"h":[{"name":"key","value":"s"},{"name":"b","value":"1"}]})", R"({"h":[{"name":"key","value":"[redacted]"},{"name":"b","value":"1"}]})"},
      {R"({"h":[{"Key":"s"}]})", R"({"h":[{"Key":"[redacted]"}]})"},
      {R"({"h":["Key: s","b: 1"]})", R"({"h":["[redacted]","[redacted]"]})"},
      {R"({"h":"Key: s"})", R"({"h":"[redacted]"})"},
      {R"({"h":17})", R"({"h":17})"},
  };
  for (const auto& [before, after] : rows) EXPECT_EQ(redacted(options, before), after);
}

TEST(RedactStage, HashesByKey) {
  const ValueMap options = {{"fields", ValueList{"a", "b"}}, {"mode", "hash"}, {"key", Secret("Jefe")}};
  // RFC 4231, test case 2; the escaped form is the same value.
  EXPECT_EQ(redacted(options, R"({"a":"what do ya want for nothing?","b":"\u0077hat do ya want for nothing?"})"),
            R"({"a":"[hash:5bdcc146bf60754e]","b":"[hash:5bdcc146bf60754e]"})");
}

TEST(RedactStage, TextLines) {
  StagedLines all;
  all.then(made(make_redact_stage, emails));
  EXPECT_THAT(all.run_text({"login joe@example.com", "nothing"}).events, ElementsAre(R"({"message":"login #"})", R"({"message":"nothing"})"));
  StagedLines named;
  named.then(made(make_redact_stage, {{"fields", ValueList{"message"}}}));
  EXPECT_THAT(named.run_text({"login"}).events, ElementsAre(R"({"message":"[redacted]"})"));
}

TEST(RedactStage, WhatEarlierStagesWrote) {
  StagedLines run;
  run.then(made(make_set_stage, {{"values", ValueMap{{"a", "joe@example.com"}, {"o.x", ValueList{"joe@example.com"}}}}}));
  run.then(made(make_redact_stage, emails));
  EXPECT_EQ(run.run_one(R"({"a":"old","b":"joe@example.com"})"), R"({"a":"#","b":"#","o":{"x":["#"]}})");
}

TEST(RedactStage, BetweenOtherStages) {
  StagedLines run;
  run.then(made(make_fields_stage, {{"names", ValueList{"b", "a"}}})).then(made(make_redact_stage, emails));
  run.then(made(make_rename_stage, {{"names", ValueMap{{"a", "z"}}}}));
  EXPECT_EQ(run.run_one(R"({"a":"joe@example.com","b":2,"c":"joe@example.com"})"), R"({"b":2,"z":"#"})");
}

TEST(RedactStage, LaterStagesSeeOnlyWhatIsLeft) {
  StagedLines run;
  run.then(made(make_redact_stage, emails)).then(made(make_rename_stage, {{"names", ValueMap{{"o.x", "y"}, {"a", "b"}}}}));
  EXPECT_EQ(run.run_one(R"({"a":"joe@example.com","o":{"x":"joe@example.com"},"free":"joe@example.com"})"), R"({"o":{},"free":"#","b":"#","y":"#"})");
}

TEST(RedactStage, RefusesWhatIsNotValid) {
  for (const ValueMap& options : {emails, ValueMap{{"fields", ValueList{"a"}}}}) {
    StagedLines run;
    const StagedOutcome outcome = run.then(made(make_redact_stage, options)).run({R"({"a":"x","b":tru})", R"({"a":1})"});
    EXPECT_EQ(outcome.events.size(), 1u);
    ASSERT_EQ(outcome.rejected.size(), 1u);
    EXPECT_THAT(outcome.rejected[0], HasSubstr("json"));
  }
}

TEST(RedactStage, RefusesWhatIsNotValidAfterFieldsToo) {
  StagedLines run;
  run.then(made(make_fields_stage, {{"names", ValueList{"a"}}})).then(made(make_redact_stage, emails));
  EXPECT_THAT(run.run({R"({"a":"x","b":tru})"}).events, IsEmpty());
}

TEST(RedactStage, ManyMembersCostTheirNumberOnly) {
  std::string line = "{", expected = "{";
  for (int i = 0; i < 20000; ++i) {
    const std::string name = (i ? ",\"k" : "\"k") + std::to_string(i) + "\":";
    line += name + "\"joe@example.com\"";
    expected += name + "\"#\"";
  }
  EXPECT_EQ(redacted(emails, line + "}"), expected + "}");
}

TEST(RedactStage, DescribesItselfWithoutTheKey) {
  auto plan = made(make_redact_stage, {{"patterns", ValueList{"x+"}}, {"kinds", ValueList{"email", "card"}}, {"mode", "hash"}, {"key", Secret("hunter2")}});
  EXPECT_EQ((*plan)->describe(), "redact /x+/, email, card in every string by keyed hash");
  EXPECT_THAT((*plan)->reads(), ElementsAre("*"));
  auto named = made(make_redact_stage, {{"fields", ValueList{"a", "o.x"}}});
  EXPECT_EQ((*named)->describe(), "redact a, o.x by \"[redacted]\"");
  EXPECT_THAT((*named)->writes(), ElementsAre("a", "o.x"));
}

TEST(RedactStage, OffersItsRulesForDeadLetters) {
  auto plan = made(make_redact_stage, emails);
  ASSERT_NE((*plan)->scrubber(), nullptr);
  EXPECT_EQ((*plan)->scrubber()->scrub(R"({"a":"joe\u0040example.com)"), R"({"a":"#)");
  auto named = made(make_redact_stage, {{"fields", ValueList{"a"}}});
  EXPECT_EQ((*named)->scrubber()->scrub("x"), std::nullopt);
}

TEST(RedactStage, RefusesWrongOptions) {
  const auto refused = [](ValueMap options) { return refusal(make_redact_stage, std::move(options)); };
  EXPECT_THAT(refused({}), HasSubstr("at least one of fields, patterns or kinds"));
  EXPECT_THAT(refused({{"kinds", ValueList{"mail"}}}), HasSubstr("unknown kind 'mail' (known: email, ipv4, ipv6, card, bearer)"));
  EXPECT_THAT(refused({{"patterns", ValueList{"("}}}), HasSubstr("pattern '('"));
  EXPECT_THAT(refused({{"fields", ValueList{"a"}}, {"mode", "hash"}}), HasSubstr("needs a key"));
  EXPECT_THAT(refused({{"fields", ValueList{"a"}}, {"mode", "md5"}}), HasSubstr("mode must be"));
  EXPECT_THAT(refused({{"fields", ValueList{"a"}}, {"mask", std::string(2000, 'x')}}), HasSubstr("mask"));
  EXPECT_THAT(refused({{"fields", ValueList{".a"}}}), HasSubstr("redact: path '.a'"));
}

// Random events with a secret planted in strings at any depth, in any escaped form, beside their redacted form.
class PlantedEvents {
 public:
  explicit PlantedEvents(unsigned seed) : random_(seed) {}

  struct Event {
    std::string text;
    std::string redacted;  // the bytes that should leave
  };
  Event next() {
    Event event{"{", "{"};
    const int count = pick(8);
    for (int i = 0; i < count; ++i) member(event, "k" + std::to_string(i), 0, i != 0);
    both(event, "}");
    return event;
  }

 private:
  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  static void both(Event& event, const std::string& text) {
    event.text += text;
    event.redacted += text;
  }
  void member(Event& event, const std::string& name, int depth, bool comma) {
    both(event, (comma ? ",\"" : "\"") + name + "\":");
    value(event, depth);
  }
  void value(Event& event, int depth) {
    switch (pick(depth < 4 ? 8 : 6)) {
      case 0: return both(event, std::to_string(random_()));
      case 1: return both(event, pick(2) ? "null" : "true");
      case 2: return both(event, R"("a\"b\\\n\ud83d\ude00")");
      case 3:
      case 4: return planted(event);
      case 5: return both(event, "\"\"");
      case 6: {
        both(event, "[");
        for (int i = 0, n = pick(4); i < n; ++i) {
          both(event, i ? "," : "");
          value(event, depth + 1);
        }
        return both(event, "]");
      }
      default: {
        both(event, "{");
        // The name repeats now and then: nested duplicates.
        for (int i = 0, n = pick(4); i < n; ++i) member(event, pick(3) ? "in" + std::to_string(i) : "dup", depth + 1, i != 0);
        return both(event, "}");
      }
    }
  }
  // `<secret>` between other text; each character as it is or as \u00XX.
  void planted(Event& event) {
    static const std::string secret = "joe@example.com";
    const std::string before = pick(2) ? "say \\\"hi\\\" " : "";
    const std::string after = pick(2) ? " \\u00e9" : "";
    event.text += "\"" + before;
    for (const char c : secret) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, pick(2) ? "\\u%04x" : "\\u%04X", c);
      event.text += pick(4) ? std::string(1, c) : escaped;
    }
    event.text += after + "\"";
    // A string that changes is escaped anew, as short as can be.
    event.redacted += "\"" + before + "#" + (after.empty() ? "" : " \xc3\xa9") + "\"";
  }

  std::mt19937 random_;
};

TEST(RedactStage, NoPlantedSecretSurvives) {
  PlantedEvents events(20240607);
  // Some names have slots, which earlier stages have filled or not.
  StagedLines plain, slotted;
  plain.then(made(make_redact_stage, emails));
  for (const char* name : {"k1", "k3", "k5"}) slotted.slots().add(name);
  slotted.then(made(make_rename_stage, {{"names", ValueMap{{"never.there", "x"}, {"k2.in0.never", "y"}}}}));
  slotted.then(made(make_redact_stage, emails));
  for (int i = 0; i < 3000; ++i) {
    const PlantedEvents::Event event = events.next();
    ASSERT_EQ(plain.run_one(event.text), event.redacted) << event.text;
    ASSERT_EQ(slotted.run_one(event.text), event.redacted) << event.text;
  }
}

TEST(RedactStage, NoPlantedSecretSurvivesInNamedFields) {
  PlantedEvents events(7);
  StagedLines run;
  ValueMap options = emails;
  options["fields"] = ValueList{"k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7"};
  run.then(made(make_redact_stage, options));
  for (int i = 0; i < 2000; ++i) {
    const PlantedEvents::Event event = events.next();
    ASSERT_EQ(run.run_one(event.text), event.redacted) << event.text;
  }
}

}  // namespace
}  // namespace penstock
