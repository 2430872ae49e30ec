#include "bindings/stage/fields_stage.h"

#include <gmock/gmock.h>

#include <functional>

#include "bindings/stage/set_stage.h"
#include "staged_lines.h"

namespace penstock {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ValueMap names(ValueList list) { return {{"names", Value(std::move(list))}}; }

// A stage made of a function, to look at events between stages.
class LookPlan final : public StagePlan {
 public:
  using Look = std::function<void(Event&, SlotTable&)>;
  explicit LookPlan(Look look) : look_(std::move(look)) {}
  std::unique_ptr<Stage> open(const StageContext& context) const override { return std::make_unique<LookStage>(look_, context.slots); }
  std::string describe() const override { return "look"; }

 private:
  class LookStage final : public Stage {
   public:
    LookStage(Look look, SlotTable& slots) : look_(std::move(look)), slots_(slots) {}
    void run(Batch& batch) override {
      for (const std::uint32_t index : batch.live) look_(batch[index], slots_);
    }

   private:
    Look look_;
    SlotTable& slots_;
  };
  Look look_;
};

Result<std::unique_ptr<StagePlan>> look(LookPlan::Look f) { return std::unique_ptr<StagePlan>(std::make_unique<LookPlan>(std::move(f))); }

TEST(FieldsStage, Selects) {
  struct Case {
    const char* why;
    ValueList names;
    const char* in;
    const char* out;
  };
  const Case cases[] = {
      {"order of the list", {"c", "a"}, R"({"a":1,"b":2,"c":3})", R"({"c":3,"a":1})"},
      {"missing ones are left out", {"x", "a", "y"}, R"({"a":1,"b":2})", R"({"a":1})"},
      {"nothing left", {"x"}, R"({"a":1})", R"({})"},
      {"named twice counts once", {"a", "b", "a"}, R"({"a":1,"b":2})", R"({"a":1,"b":2})"},
      {"values keep their bytes", {"n", "s", "o"}, R"({ "s" : "\u0041\/" , "n" : 1e400, "o" : { "k" : [1, 2] } })",
       R"({"n":1e400,"s":"\u0041\/","o":{ "k" : [1, 2] }})"},
      {"null is a value", {"a"}, R"({"a":null,"b":2})", R"({"a":null})"},
      {"duplicates: the first", {"a"}, R"({"a":1,"a":2})", R"({"a":1})"},
      {"escaped names", {"a"}, R"({"\u0061":1,"b":2})", R"({"a":1})"},
      {"names that need escapes", {"\"a\"\"b\""}, R"({"a\"b":1,"b":2})", R"({"a\"b":1})"},
      {"nested", {"a.b"}, R"({"a":{"b":1,"c":2},"d":3})", R"({"a":{"b":1}})"},
      {"nested, gathered", {"a.c", "d", "a.b"}, R"({"a":{"b":1,"c":2,"x":0},"d":3})", R"({"a":{"c":2,"b":1},"d":3})"},
      {"nested, deep", {"a.b.c", "a.b.d", "a.e"}, R"({"a":{"b":{"c":1,"d":2,"x":3},"e":4}})", R"({"a":{"b":{"c":1,"d":2},"e":4}})"},
      {"nested, missing", {"a.b", "c.d", "e"}, R"({"a":{"x":1},"c":2,"e":3})", R"({"e":3})"},
      {"nested, inner missing", {"a.b.c", "a.d"}, R"({"a":{"b":{},"d":1}})", R"({"a":{"d":1}})"},
      {"a parent takes in what is below it", {"a.b", "a"}, R"({"a":{"b":1,"c":2}})", R"({"a":{"b":1,"c":2}})"},
      {"a parent first", {"a", "a.b"}, R"({"a":{"b":1,"c":2}})", R"({"a":{"b":1,"c":2}})"},
  };
  for (const Case& c : cases) EXPECT_EQ(StagedLines().then(made(make_fields_stage, names(c.names))).run_one(c.in), c.out) << c.why;
}

TEST(FieldsStage, LaterStagesAddBehindTheList) {
  StagedLines run;
  run.then(made(make_fields_stage, names({"b", "a"}))).then(made(make_set_stage, {{"values", ValueMap{{"new", "v"}, {"a", 9}}}}));
  EXPECT_EQ(run.run_one(R"({"a":1,"b":2,"c":3})"), R"({"b":2,"a":9,"new":"v"})");
}

TEST(FieldsStage, AFieldThatWasLeftOutCanBeWrittenAnew) {
  StagedLines run;
  run.then(made(make_fields_stage, names({"a"}))).then(made(make_set_stage, {{"values", ValueMap{{"c.d", 9}}}}));
  EXPECT_EQ(run.run_one(R"({"a":1,"c":{"x":1}})"), R"({"a":1,"c":{"d":9}})");
}

TEST(FieldsStage, KeepsWhatEarlierStagesWroteInItsPlaceOfTheList) {
  StagedLines run;
  run.then(made(make_set_stage, {{"values", ValueMap{{"a", 9}, {"drop", 1}, {"z", "new"}}}}));
  run.then(made(make_fields_stage, names({"z", "b", "a"})));
  EXPECT_EQ(run.run_one(R"({"a":1,"b":2})"), R"({"z":"new","b":2,"a":9})");
}

TEST(FieldsStage, TwiceIsTheSecondList) {
  StagedLines run;
  run.then(made(make_fields_stage, names({"a", "b", "c"}))).then(made(make_fields_stage, names({"c", "d", "a"})));
  EXPECT_EQ(run.run_one(R"({"a":1,"b":2,"c":3,"d":4})"), R"({"c":3,"a":1})");
}

TEST(FieldsStage, WhatWasLeftOutReadsAsMissing) {
  std::vector<std::string> seen;
  StagedLines run;
  const auto note = [&](Event& event, SlotTable& slots) {
    for (const Path& path : {Path{"kept"}, Path{"gone"}, Path{"gone", "x"}, Path{"part"}, Path{"part", "in"}, Path{"part", "out"}}) {
      const Slice value = event.get(slots.add(path));
      seen.push_back(to_text(path) + "=" + (value.present() ? std::string(value.view()) : "-"));
    }
  };
  // The slots of what is left out are known, and filled, before the stage runs.
  run.then(look(note)).then(made(make_fields_stage, names({"kept", "part.in"}))).then(look(note));
  for (const Path& path : {Path{"gone", "x"}, Path{"part", "out"}}) run.slots().add(path);
  EXPECT_EQ(run.run_one(R"({"gone":{"x":1},"part":{"in":2,"out":3},"kept":4})"), R"({"kept":4,"part":{"in":2}})");
  EXPECT_THAT(seen, ElementsAre("kept=4", R"(gone={"x":1})", "gone.x=1", R"(part={"in":2,"out":3})", "part.in=2", "part.out=3",  //
                                "kept=4", "gone=-", "gone.x=-", R"(part={"in":2})", "part.in=2", "part.out=-"));
}

TEST(FieldsStage, SlotsAddedWhileTheBatchIsUnderWayReadAsMissingToo) {
  std::vector<bool> present;
  StagedLines run;
  run.then(made(make_fields_stage, names({"a"})));
  run.then(look([&](Event& event, SlotTable& slots) {
    const SlotNumber late = slots.add("late");
    if (late < event.batch->slot_capacity()) present.push_back(event.get(late).present());
    present.push_back(event.get_by_name("late").present());
  }));
  EXPECT_THAT(run.run({R"({"late":1,"a":2})", R"({"late":1,"a":2})"}).events, ElementsAre(R"({"a":2})", R"({"a":2})"));
  EXPECT_THAT(run.run({R"({"late":1,"a":2})"}).events, ElementsAre(R"({"a":2})"));
  EXPECT_FALSE(present.empty());
  EXPECT_THAT(present, testing::Each(false));
}

TEST(FieldsStage, ForgetsFieldsWrittenWithoutASlot) {
  StagedLines run;
  run.then(look([](Event& event, SlotTable&) { event.set_by_name("extra", Slice::number("1")); }));
  run.then(made(make_fields_stage, names({"a"})));
  EXPECT_EQ(run.run_one(R"({"a":2})"), R"({"a":2})");
}

TEST(FieldsStage, AnInvalidEventIsStillFoundOut) {
  StagedLines run;
  const StagedOutcome outcome = run.then(made(make_fields_stage, names({"a"}))).run({R"({"a":1,"b":tru})"});
  EXPECT_THAT(outcome.events, IsEmpty());
  ASSERT_EQ(outcome.rejected.size(), 1u);
  EXPECT_THAT(outcome.rejected[0], HasSubstr("json"));
}

TEST(FieldsStage, SelectsFromTextEvents) {
  EXPECT_THAT(StagedLines().then(made(make_fields_stage, names({"message"}))).run_text({"hello"}).events, ElementsAre(R"({"message":"hello"})"));
  EXPECT_THAT(StagedLines().then(made(make_fields_stage, names({"other"}))).run_text({"hello"}).events, ElementsAre("{}"));
}

TEST(FieldsStage, RefusesEventsWhenThePlanHasNoSlotLeft) {
  StagedLines run;
  for (std::size_t i = 0; i < SlotTable::slots_max; ++i) run.slots().add("f" + std::to_string(i));
  const StagedOutcome outcome = run.then(made(make_fields_stage, names({"a"}))).run({R"({"a":1})"});
  EXPECT_THAT(outcome.events, IsEmpty());
  EXPECT_THAT(outcome.rejected, ElementsAre("fields: the pipeline names more than 1024 fields"));
}

TEST(FieldsStage, RefusesWrongLists) {
  EXPECT_THAT(refusal(make_fields_stage, names({})), HasSubstr("at least one field"));
  EXPECT_THAT(refusal(make_fields_stage, names({"a", "b c"})), HasSubstr("fields: path 'b c', column 2"));
  EXPECT_THAT(refusal(make_fields_stage, names({Value(1)})), HasSubstr("must be a string, got 1"));
}

TEST(FieldsStage, DescribesItself) {
  auto plan = made(make_fields_stage, names({"b", "a.c", "b"}));
  EXPECT_EQ((*plan)->describe(), "fields b, a.c");
  EXPECT_THAT((*plan)->reads(), ElementsAre("b", "a.c"));
}

}  // namespace
}  // namespace penstock
