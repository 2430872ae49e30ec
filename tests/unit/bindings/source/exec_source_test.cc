#include "bindings/source/exec_source.h"

#include <csignal>
#include <sstream>

#include "runtime/base/log.h"
#include "tests/unit/bindings/source/loop_bench.h"

namespace penstock {
namespace {

using namespace penstock::testing;
using Lines = std::vector<std::string>;

PlanContext allowing(std::vector<std::string> programs) {
  PlanContext context = plan_context();
  context.allow_exec = std::move(programs);
  return context;
}

struct ExecRun {
  explicit ExecRun(const std::string& shell, ValueMap options = {}) {
    options["command"] = ValueList{"sh", "-c", shell};
    options.try_emplace("restart", false);
    plan = make_exec_source(Value(std::move(options)), allowing({"sh"})).value();
    source = plan->open(bench);
    EXPECT_TRUE(source->start().ok());
  }
  bool until_finished() {
    return bench.until([&] { return bench.finished == 1; });
  }
  LoopBench bench;
  std::unique_ptr<SourcePlan> plan;
  std::unique_ptr<Source> source;
};

TEST(ExecSource, OutputIsReadToItsEnd) {
  ExecRun run("echo one; echo two; printf last");
  ASSERT_TRUE(run.until_finished());
  EXPECT_EQ(run.bench.lines(), (Lines{"one", "two", "last"}));
  EXPECT_EQ(run.bench.taken[0]->name, "exec:sh");
  EXPECT_TRUE(run.bench.troubles.empty());
}

TEST(ExecSource, AFailureIsTold) {
  const struct {
    const char* shell;
    const char* says;
  } cases[] = {{"exit 3", "sh exited with status 3"}, {"kill -9 $$", "sh was killed by signal 9 (Killed)"}};
  for (const auto& c : cases) {
    ExecRun run(c.shell);
    ASSERT_TRUE(run.until_finished());
    ASSERT_EQ(run.bench.troubles.size(), 1u);
    EXPECT_NE(run.bench.troubles[0].find(c.says), std::string::npos) << run.bench.troubles[0];
  }
}

TEST(ExecSource, IsStartedAgainWhenItEnds) {
  ExecRun run("echo x", {{"restart", true}, {"backoff_min_ms", 1}, {"backoff_max_ms", 2}});
  ASSERT_TRUE(run.bench.until([&] { return run.bench.ended() >= 3; }));
  EXPECT_EQ(run.bench.lines()[2], "x");
  EXPECT_FALSE(run.plan->finite());
  run.source->stop();
}

TEST(ExecSource, SeesItsEnvironmentAndFolderAndNoneOfOurInput) {
  ExecRun run("echo $GREETING; pwd; cat; ls /proc/self/fd | wc -l", {{"env", ValueMap{{"GREETING", "hello"}}}, {"cwd", "/usr"}});
  ASSERT_TRUE(run.until_finished());
  EXPECT_EQ(run.bench.lines(), (Lines{"hello", "/usr", "4"})) << "of our descriptors it has none (the fourth is that of ls)";
}

TEST(ExecSource, ABlockedPipelineStopsTheReading) {
  ExecRun run("echo one; sleep 100");
  run.bench.blocked = true;
  run.bench.turn();
  EXPECT_TRUE(run.bench.lines().empty());
  run.bench.blocked = false;
  run.source->resume();
  EXPECT_TRUE(run.bench.until_lines(1));
  run.source->stop();
}

TEST(ExecSource, AtTheEndItsGroupIsAskedAndWhatItStillSaysIsRead) {
  ExecRun run("trap 'echo bye; exit' TERM; echo ready; while :; do sleep 0.01; done");
  ASSERT_TRUE(run.bench.until_lines(1));
  run.source->stop();
  EXPECT_EQ(run.bench.lines(), (Lines{"ready", "bye"}));
}

TEST(ExecSource, WhoDoesNotEndIsKilled) {
  ExecRun run("trap '' TERM; echo $$; while :; do sleep 0.01; done", {{"stop_timeout_ms", 20}});
  ASSERT_TRUE(run.bench.until_lines(1));
  const pid_t pid = std::stoi(run.bench.lines()[0]);
  run.source->stop();
  EXPECT_TRUE(run.bench.until([&] { return ::kill(pid, 0) != 0; }));
}

TEST(ExecSource, WhatItWritesToItsStandardErrorGoesToTheLogBounded) {
  std::ostringstream written;
  log::configure({log::Level::info, log::Format::text, &written});
  {
    ExecRun run("i=0; while [ $i -lt 100 ]; do echo complaint $i >&2; i=$((i+1)); done");
    ASSERT_TRUE(run.until_finished());
  }
  log::configure({});
  EXPECT_NE(written.str().find("source.exec: sh: complaint 0"), std::string::npos);
  EXPECT_EQ(written.str().find("complaint 99"), std::string::npos);
  EXPECT_NE(written.str().find("lines are left out)"), std::string::npos);
}

TEST(ExecSource, OnlyAllowedProgramsRun) {
  const Value options(ValueMap{{"command", ValueList{"sh", "-c", ":"}}});
  const auto refused = make_exec_source(options, plan_context());
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.status().text().find("--allow-exec"), std::string::npos) << refused.status().text();
  EXPECT_FALSE(make_exec_source(options, allowing({"cat", "/bin/nosuch"})).ok());
  EXPECT_TRUE(make_exec_source(options, allowing({"cat", "/bin/sh"})).ok());
  PlanContext unsafe = plan_context();
  unsafe.unsafe = true;
  EXPECT_TRUE(make_exec_source(options, unsafe).ok());
  EXPECT_FALSE(make_exec_source(Value(ValueMap{{"command", ValueList{"no-such-program"}}}), unsafe).ok());
}

}  // namespace
}  // namespace penstock
