#include "runtime/plan/losses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock {
namespace {

using ::testing::HasSubstr;

struct SourceKind {
  bool replayable = false, answers = false;
};
struct KindSource final : SourcePlan {
  explicit KindSource(SourceKind k) : kind(k) {}
  std::unique_ptr<Source> open(SourceContext&) override { return nullptr; }
  bool finite() const override { return false; }
  bool replayable() const override { return kind.replayable; }
  bool answers_when_durable() const override { return kind.answers; }
  std::string describe() const override { return "kind"; }
  SourceKind kind;
};

struct SinkKind {
  bool durable = true, drops = false, gives_up = false;
};
struct KindSink final : SinkPlan {
  explicit KindSink(SinkKind k) : kind(k) {}
  std::unique_ptr<Sink> open(const SinkContext&) override { return nullptr; }
  bool durable() const override { return kind.durable; }
  std::string loss() const override { return "it is written on water (hint: paper)"; }
  bool drops_when_full() const override { return kind.drops; }
  bool gives_up() const override { return kind.gives_up; }
  std::string describe() const override { return "kind"; }
  SinkKind kind;
};

struct Case {
  const char* name;
  SourceKind source;
  SinkKind sink;
  bool keeps_letters;
  const char* delivery_class;
  std::vector<std::string> losses;  // how each begins
};

constexpr SourceKind file{true, false}, push{false, true}, stream{false, false};

class Losses : public ::testing::TestWithParam<Case> {};

TEST_P(Losses, AreFound) {
  const Case& given = GetParam();
  PipelinePlan plan;
  plan.name = "x";
  plan.where = {"x.lua", 1};
  plan.keeps_letters = given.keeps_letters;
  SourceNode source;
  source.type = "kind";
  source.where = {"x.lua", 2};
  source.plan = std::make_unique<KindSource>(given.source);
  plan.sources.push_back(std::move(source));
  plan.chain.sinks.push_back({"0:kind", "kind", {"x.lua", 3}, std::make_unique<KindSink>(given.sink)});

  const std::vector<Edge> all = edges(plan);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].source, "0:kind");
  EXPECT_EQ(all[0].delivery_class, given.delivery_class);
  std::vector<std::string> found;
  for (const Loss& loss : losses(plan)) {
    const std::string line = loss.where.text() + ": " + loss.text;
    EXPECT_THAT(line, HasSubstr("(hint: "));
    found.push_back(line.substr(0, line.find(": best effort")));
  }
  EXPECT_EQ(found, given.losses);
}

INSTANTIATE_TEST_SUITE_P(
    Edges, Losses,
    ::testing::Values(Case{"ReplayableIntoDurable", file, {}, true, "replayable", {}},
                      Case{"PushIntoDurable", push, {}, true, "durable before ack", {}},
                      Case{"PushIntoBestEffort", push, {.durable = false}, true, "best effort", {"x.lua:3: sink.kind"}},
                      Case{"ReplayableIntoBestEffort", file, {.durable = false}, true, "best effort", {"x.lua:3: sink.kind"}},
                      Case{"StreamIntoDurable", stream, {}, true, "best effort", {"x.lua:2: source.kind"}},
                      Case{"DropsWhenFull", file, {.drops = true}, true, "best effort", {"x.lua:3: sink.kind"}},
                      Case{"GivesUpIntoLetters", file, {.gives_up = true}, true, "replayable", {}},
                      Case{"GivesUpWithoutLetters", file, {.gives_up = true}, false, "best effort", {"x.lua:1: pipeline \"x\"", "x.lua:3: sink.kind"}},
                      Case{"NoLetters", push, {}, false, "best effort", {"x.lua:1: pipeline \"x\""}}),
    [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace penstock
