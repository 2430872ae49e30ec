#include "runtime/plan/pipeline_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/plan/explain.h"
#include "runtime/plan/losses.h"

namespace penstock {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Parts that only describe themselves; option `bad` makes them fail.
struct NamedSource final : SourcePlan {
  std::unique_ptr<Source> open(SourceContext&) override { return nullptr; }
  bool finite() const override { return true; }
  bool replayable() const override { return true; }
  std::string describe() const override { return "source.named"; }
};
struct NamedDecoder final : DecoderPlan {
  std::unique_ptr<Decoder> open(SlotTable&) const override { return nullptr; }
  std::string describe() const override { return "json"; }
};
struct NamedStage final : StagePlan {
  explicit NamedStage(std::string text) : what(std::move(text)) {}
  std::unique_ptr<Stage> open(const StageContext&) const override { return nullptr; }
  std::string describe() const override { return "filter " + what; }
  std::vector<std::string> reads() const override { return {what}; }
  // `recalls h` wants h as it came, `drops h` drops it.
  std::vector<Path> recalls() const override { return what == "recalls h" ? std::vector<Path>{{"h"}} : std::vector<Path>{}; }
  bool drops(const Path& path) const override { return what == "drops h" && path == Path{"h"}; }
  std::string what;
};
struct NamedSink final : SinkPlan {
  std::unique_ptr<Sink> open(const SinkContext&) override { return nullptr; }
  std::string describe() const override { return "sink.named"; }
};

// A source and a sink that can commit together.
struct BoundEnds final : Transactions {};
struct BoundSource final : SourcePlan {
  std::unique_ptr<Source> open(SourceContext&) override { return nullptr; }
  bool finite() const override { return true; }
  bool replayable() const override { return true; }
  Status commit_in(std::shared_ptr<Transactions> given) override {
    if (!dynamic_cast<BoundEnds*>(given.get())) return Status(Code::invalid, "does not go with this sink");
    return {};
  }
  std::string describe() const override { return "source.bound"; }
};
struct BoundSink final : SinkPlan {
  explicit BoundSink(bool exactly_once) : made_for_it(exactly_once) {}
  std::unique_ptr<Sink> open(const SinkContext&) override { return nullptr; }
  bool durable() const override { return true; }
  std::shared_ptr<Transactions> transactions() override { return made_for_it ? std::make_shared<BoundEnds>() : nullptr; }
  std::string describe() const override { return "sink.bound"; }
  bool made_for_it;
};

template <class Plan>
Result<std::unique_ptr<Plan>> unless_bad(const Value& options, std::unique_ptr<Plan> plan) {
  if (options.bool_or("bad", false)) return Status(Code::invalid, "it is bad");
  return plan;
}

class PipelinePlanTest : public ::testing::Test {
 protected:
  PipelinePlanTest() {
    components.sources["named"] = [](const Value& o, const PlanContext&) { return unless_bad<SourcePlan>(o, std::make_unique<NamedSource>()); };
    components.stages["filter"] = [](const Value& o, const PlanContext&) {
      return unless_bad<StagePlan>(o, std::make_unique<NamedStage>(o.string_or("expression", "")));
    };
    components.sinks["named"] = [](const Value& o, const PlanContext&) { return unless_bad<SinkPlan>(o, std::make_unique<NamedSink>()); };
    components.sources["bound"] = [](const Value& o, const PlanContext&) { return unless_bad<SourcePlan>(o, std::make_unique<BoundSource>()); };
    components.sinks["bound"] = [](const Value& o, const PlanContext& c) { return unless_bad<SinkPlan>(o, std::make_unique<BoundSink>(c.exactly_once)); };
    components.decoders["json"] = [](const Value& o) { return unless_bad<DecoderPlan>(o, std::make_unique<NamedDecoder>()); };
    pipeline.name = "edge";
  }
  static NodeDeclaration node(Role role, std::string type, int line, ValueMap options = {}) {
    NodeDeclaration out;
    out.role = role;
    out.type = std::move(type);
    out.options = Value(std::move(options));
    out.where = {"edge.lua", line};
    return out;
  }
  std::unique_ptr<PipelinePlan> compiled() { return compile(pipeline, PlanContext(components), mistakes); }
  std::vector<std::string> lines() const {
    std::vector<std::string> out;
    for (const Mistake& m : mistakes) out.push_back(m.where.text() + ": " + m.text);
    return out;
  }
  // What is wrong with these nodes in an exactly-once pipeline.
  std::vector<std::string> told_exactly_once(std::vector<NodeDeclaration> nodes) {
    pipeline.options = ValueMap{{"delivery", "exactly_once"}};
    pipeline.where = {"edge.lua", 1};
    pipeline.nodes = std::move(nodes);
    mistakes.clear();
    EXPECT_FALSE(compiled());
    return lines();
  }

  Components components;
  PipelineDeclaration pipeline;
  std::vector<Mistake> mistakes;
};

TEST_F(PipelinePlanTest, KeepsPartsInTheirOrder) {
  pipeline.nodes = {node(Role::source, "named", 2, {{"max_event_bytes", 100}}), node(Role::source, "named", 3),
                    node(Role::stage, "filter", 4, {{"expression", "a"}}), node(Role::sink, "named", 5), node(Role::sink, "named", 6)};
  const auto plan = compiled();
  ASSERT_TRUE(plan) << ::testing::PrintToString(lines());
  EXPECT_EQ(plan->sources.size(), 2u);
  EXPECT_EQ(plan->sources[0].event_bytes_max, 100u);
  EXPECT_EQ(plan->sources[1].number, 1);
  EXPECT_EQ(plan->chain.stages.size(), 1u);
  EXPECT_EQ(plan->chain.sinks[0].name, "0:named");
  EXPECT_EQ(plan->chain.sinks[1].name, "1:named");
  EXPECT_TRUE(plan->finite());
}

TEST_F(PipelinePlanTest, TellsEveryMistakeAtOnce) {
  pipeline.nodes = {node(Role::source, "named", 2, {{"format", "xml"}}), node(Role::source, "gone", 3), node(Role::stage, "filter", 4, {{"bad", true}}),
                    node(Role::sink, "named", 5, {{"bad", true}})};
  EXPECT_FALSE(compiled());
  EXPECT_THAT(lines(), ElementsAre("edge.lua:2: source.named: unknown format 'xml'", "edge.lua:3: 'gone' is not in this build",
                                   "edge.lua:4: filter: it is bad", "edge.lua:5: sink.named: it is bad"));
}

TEST_F(PipelinePlanTest, ARouteHasAChainForEachBranch) {
  NodeDeclaration route = node(Role::stage, "route", 3);
  BranchDeclaration first, rest;
  first.condition = "status";
  first.where = {"edge.lua", 4};
  first.nodes = {node(Role::stage, "filter", 4, {{"expression", "inner"}}), node(Role::sink, "named", 4)};
  rest.where = {"edge.lua", 5};
  rest.nodes = {node(Role::sink, "named", 5)};
  route.branches = {first, rest};
  pipeline.nodes = {node(Role::source, "named", 2), route};
  const auto plan = compiled();
  ASSERT_TRUE(plan && plan->chain.route);
  ASSERT_EQ(plan->chain.route->branches.size(), 2u);
  EXPECT_TRUE(plan->chain.route->branches[0].condition);
  EXPECT_FALSE(plan->chain.route->branches[1].condition);
  EXPECT_EQ(plan->chain.route->branches[1].chain.sinks[0].name, "1:named");

  const std::string text = explain(*plan, {});
  EXPECT_THAT(text, HasSubstr("when filter status"));
  EXPECT_THAT(text, HasSubstr("otherwise"));
  EXPECT_THAT(text, HasSubstr("edge.lua:5"));
  EXPECT_THAT(text, HasSubstr("fields read: status, inner"));
}

TEST_F(PipelinePlanTest, KeepsAsideWhatALaterStageRecalls) {
  const auto stage = [](int line, const char* what) { return node(Role::stage, "filter", line, {{"expression", what}}); };
  const auto compiled_with = [&](std::vector<NodeDeclaration> stages) {
    pipeline.nodes = {node(Role::source, "named", 2)};
    pipeline.nodes.insert(pipeline.nodes.end(), stages.begin(), stages.end());
    pipeline.nodes.push_back(node(Role::sink, "named", 9));
    return compiled();
  };
  const auto behind = compiled_with({stage(3, "drops h"), stage(4, "other"), stage(5, "recalls h")});
  ASSERT_TRUE(behind);
  EXPECT_THAT(behind->kept_aside, ElementsAre(Path{"h"}));
  EXPECT_THAT(behind->chain.stages[2].recalled, ElementsAre(Path{"h"}));
  EXPECT_THAT(explain(*behind, {}), HasSubstr("h kept aside for it where `fields` drops them"));

  const auto before = compiled_with({stage(3, "recalls h"), stage(4, "drops h")});
  ASSERT_TRUE(before);
  EXPECT_TRUE(before->kept_aside.empty());
  EXPECT_EQ(explain(*before, {}).find("kept aside"), std::string::npos);
}

TEST_F(PipelinePlanTest, ExplainsWhatPassesUnopened) {
  pipeline.nodes = {node(Role::source, "named", 2), node(Role::sink, "named", 3)};
  const auto plan = compiled();
  ASSERT_TRUE(plan);
  const std::string text = explain(*plan, {});
  EXPECT_THAT(text, HasSubstr("pipeline edge (1 worker)"));
  EXPECT_THAT(text, HasSubstr("source.named as json"));
  EXPECT_THAT(text, HasSubstr("replayable"));
  EXPECT_THAT(text, HasSubstr("events pass unopened"));
  EXPECT_THAT(text, HasSubstr("Lua: never entered"));
}

TEST_F(PipelinePlanTest, MistakesOfOneLineHideNoneOfEachOther) {
  NodeDeclaration told = node(Role::stage, "filter", 1, {{"bad", true}});
  told.incomplete = true;
  pipeline.nodes = {node(Role::source, "named", 1, {{"bad", true}}), told, node(Role::sink, "named", 1, {{"bad", true}})};
  EXPECT_FALSE(compiled());
  EXPECT_THAT(lines(), ElementsAre("edge.lua:1: source.named: it is bad", "edge.lua:1: sink.named: it is bad")) << "what declaring told is not told again";
}

TEST_F(PipelinePlanTest, ARefusedOptionHidesOnlyWhatSpeaksOfIt) {
  NodeDeclaration about_another = node(Role::source, "named", 1, {{"bad", true}});
  about_another.refused = {"ba", "ad", "compression"};
  NodeDeclaration about_it = node(Role::sink, "named", 2, {{"bad", true}});
  about_it.refused = {"bad"};
  pipeline.nodes = {about_another, about_it};
  EXPECT_FALSE(compiled());
  EXPECT_THAT(lines(), ElementsAre("edge.lua:1: source.named: it is bad"));
}

TEST_F(PipelinePlanTest, AComponentThatNamesItselfIsNamedOnce) {
  components.stages["set"] = [](const Value&, const PlanContext&) -> Result<std::unique_ptr<StagePlan>> {
    return Status(Code::invalid, "set: names nothing");
  };
  pipeline.nodes = {node(Role::source, "named", 1), node(Role::stage, "set", 2), node(Role::sink, "named", 3)};
  EXPECT_FALSE(compiled());
  EXPECT_THAT(lines(), ElementsAre("edge.lua:2: set: names nothing"));
}

TEST(Tidy, OrdersByPlaceAndTellsEachMistakeOnce) {
  std::vector<Mistake> mistakes = {{{"b.lua", 7}, "late"}, {{"a.lua", 2}, "other file"}, {{"b.lua", 3}, "x"}, {{"b.lua", 7}, "early"}, {{"b.lua", 7}, "late"}};
  tidy(mistakes);
  std::vector<std::string> lines;
  for (const Mistake& m : mistakes) lines.push_back(m.where.text() + ": " + m.text);
  EXPECT_THAT(lines, ElementsAre("b.lua:3: x", "b.lua:7: late", "b.lua:7: early", "a.lua:2: other file"));
}

// ---- delivery = "exactly_once" ----

TEST_F(PipelinePlanTest, ASourceAndASinkMayCommitTogether) {
  pipeline.options = ValueMap{{"delivery", "exactly_once"}};
  pipeline.nodes = {node(Role::source, "bound", 2), node(Role::stage, "filter", 3, {{"expression", "a"}}), node(Role::sink, "bound", 4)};
  const auto plan = compiled();
  ASSERT_TRUE(plan) << ::testing::PrintToString(lines());
  EXPECT_TRUE(plan->exactly_once);
  EXPECT_EQ(edges(*plan)[0].delivery_class, "exactly once");
}

TEST_F(PipelinePlanTest, WhatCannotCommitTogetherIsAMistake) {
  const auto told = [&](std::vector<NodeDeclaration> nodes) {
    const auto all = told_exactly_once(std::move(nodes));
    return all.empty() ? "" : all.front();
  };
  EXPECT_EQ(told({node(Role::source, "named", 2), node(Role::sink, "bound", 3)}),
            "edge.lua:2: source.named cannot take part in delivery = \"exactly_once\" (hint: source.kafka can)");
  EXPECT_EQ(told({node(Role::source, "bound", 2), node(Role::sink, "named", 3)}),
            "edge.lua:3: sink.named cannot take part in delivery = \"exactly_once\" (hint: sink.kafka can)");
  EXPECT_THAT(told({node(Role::source, "bound", 2), node(Role::sink, "bound", 3), node(Role::sink, "bound", 4)}), HasSubstr("edge.lua:1: pipeline \"edge\": delivery"));
  EXPECT_THAT(told({node(Role::source, "bound", 2), node(Role::source, "bound", 3), node(Role::sink, "bound", 4)}), HasSubstr("wants one source and one sink"));
}

TEST_F(PipelinePlanTest, AMistakeInOneEndHidesNoneOfTheOther) {
  const auto told = [&](std::vector<NodeDeclaration> nodes) { return told_exactly_once(std::move(nodes)); };
  EXPECT_THAT(told({node(Role::source, "bound", 2, {{"bad", true}}), node(Role::sink, "named", 3)}),
              ElementsAre("edge.lua:2: source.bound: it is bad", HasSubstr("edge.lua:3: sink.named cannot take part")));
  EXPECT_THAT(told({node(Role::source, "bound", 2, {{"bad", true}}), node(Role::sink, "bound", 3, {{"bad", true}})}),
              ElementsAre("edge.lua:2: source.bound: it is bad", "edge.lua:3: sink.bound: it is bad"));
  EXPECT_THAT(told({node(Role::source, "bound", 2), node(Role::sink, "bound", 3), node(Role::sink, "bound", 4, {{"bad", true}})}),
              ElementsAre("edge.lua:4: sink.bound: it is bad", HasSubstr("edge.lua:1: pipeline \"edge\": delivery")));
}

}  // namespace
}  // namespace penstock
