#include "runtime/admin/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/event/value_json.h"

namespace penstock::admin {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

PipelineStatus in_state(const std::string& name, PipelineState state, const std::string& failure = "") {
  PipelineStatus out;
  out.name = name;
  out.state = state;
  out.failure = failure;
  return out;
}

TEST(Readiness, NeedsEveryPipelineAtWorkOrDone) {
  Snapshot snapshot;
  for (const PipelineState state : {PipelineState::running, PipelineState::replacing, PipelineState::finished, PipelineState::removed})
    snapshot.pipelines.push_back(in_state("a", state));
  EXPECT_THAT(why_not_ready(snapshot), IsEmpty());
  EXPECT_EQ(readiness_json({}), "{\"ready\":true,\"reasons\":[]}\n");
}

TEST(Readiness, NamesEachPipelineThatIsNot) {
  Snapshot snapshot;
  snapshot.pipelines = {in_state("a", PipelineState::starting), in_state("b", PipelineState::running), in_state("c", PipelineState::draining),
                        in_state("d", PipelineState::failed, "no such directory")};
  EXPECT_THAT(why_not_ready(snapshot), ElementsAre("pipeline a: starting", "pipeline c: draining", "pipeline d: failed: no such directory"));
  EXPECT_EQ(readiness_json({"pipeline a: \"starting\""}), "{\"ready\":false,\"reasons\":[\"pipeline a: \\\"starting\\\"\"]}\n");
}

TEST(PipelinesJson, HasTheTermsOfTheEquationAndTheSinksState) {
  PipelineStatus pipeline = in_state("edge", PipelineState::running);
  pipeline.totals.read = 5;
  pipeline.totals.delivered = 4;
  pipeline.in_flight = 1;
  pipeline.sources = {{"0:file", "file", "edge.lua:4", "file /var/log/*", "replayable"}};
  pipeline.stages = {{"0:transform", true, 5, 5, 250'000'000}};
  SinkStatus sink;
  sink.name = "0:http";
  sink.state = SinkState::paused;
  sink.last_failure = "HTTP 401";
  pipeline.sinks = {sink};
  const Result<Value> parsed = value_of_json(pipelines_json({{}, {pipeline}}));
  ASSERT_TRUE(parsed.ok());
  const Value& first = parsed.value()["pipelines"].list().at(0);
  EXPECT_EQ(first["name"], Value("edge"));
  EXPECT_EQ(first["state"], Value("running"));
  EXPECT_EQ(first["failure"], Value(JsonNull{}));
  EXPECT_EQ(first["events"]["read"], Value(5));
  EXPECT_EQ(first["events"]["in_flight"], Value(1));
  EXPECT_EQ(first["events"]["unaccounted"], Value(0));
  EXPECT_EQ(first["sources"].list().at(0)["class"], Value("replayable"));
  EXPECT_EQ(first["stages"].list().at(0)["lua_seconds"], Value(0.25));
  EXPECT_EQ(first["sinks"].list().at(0)["state"], Value("paused"));
  EXPECT_EQ(first["sinks"].list().at(0)["last_failure"], Value("HTTP 401"));
}

}  // namespace
}  // namespace penstock::admin
