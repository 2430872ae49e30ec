#include "bindings/stage/filter_stage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock {
namespace {

using testing::ElementsAre;

Result<std::unique_ptr<StagePlan>> make(Value expression) {
  const Components components;
  return make_filter_stage(Value(ValueMap{{"expression", std::move(expression)}}), PlanContext{components, "test", {}, 1, {}});
}

TEST(FilterStage, KeepsTheEventsThatItHoldsForInOrder) {
  const auto plan = make("status >= 500");
  ASSERT_TRUE(plan.ok());
  SlotTable slots;
  const auto stage = plan.value()->open(StageContext{slots, 0});
  Batch batch(slots);
  for (const char* json : {R"({"status":503})", R"({"status":200})", R"({})", R"({"status":500})", R"({"status":"501"})"}) batch.add(json, 0, Base::json);
  batch.all_live();
  batch.live.erase(batch.live.begin());  // taken out by an earlier stage
  stage->run(batch);
  EXPECT_THAT(batch.live, ElementsAre(3u, 4u));
  EXPECT_TRUE(batch.rejected.empty());
  EXPECT_EQ(plan.value()->drop_count(), DropCount::filtered);
}

TEST(FilterStage, DescribesItselfAndWhatItReads) {
  const auto plan = make(Value(ValueMap{{"all", ValueList{Value(ValueList{"a.\"b c\"", ">=", 5}), Value("\"in\"=a")}}}));
  ASSERT_TRUE(plan.ok()) << plan.status().text();
  EXPECT_EQ(plan.value()->describe(), "filter a.\"b c\" >= 5 and \"in\" == a");
  EXPECT_THAT(plan.value()->reads(), ElementsAre("a.\"b c\"", "in", "a"));
  EXPECT_TRUE(plan.value()->writes().empty());
}

TEST(FilterStage, FailsWithTheFilterAndACaret) {
  const auto plan = make("status => 500");
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.status().code(), Code::invalid);
  EXPECT_EQ(plan.status().text(), "column 8: unknown operator '=>' (hint: write >=)\n  status => 500\n         ^");
}

TEST(FilterStage, NeedsAnExpression) { EXPECT_FALSE(make(Value()).ok()); }

}  // namespace
}  // namespace penstock
