#include "bindings/source/journald_source.h"

#include <iterator>

#include "bindings/compress/decompressor.h"
#include "tests/unit/bindings/source/loop_bench.h"

namespace penstock {
namespace {

using namespace penstock::testing;
using Lines = std::vector<std::string>;

// Six entries of 2026-01-01, a second apart: five by nginx.service and ssh.service in turn, and one by systemd about nginx.service.
class JournaldSource : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Journal::in_this_build()) GTEST_SKIP() << "this build has no libsystemd";
    std::ifstream file(PENSTOCK_SOURCE_DIR "/tests/unit/bindings/source/data/six-entries.journal.zst", std::ios::binary);
    const std::string packed(std::istreambuf_iterator<char>(file), {});
    std::string journal(8 * 1024 * 1024, '\0');
    const auto decompressor = make_decompressor(Compression::zstd);
    std::size_t size = 0;
    for (std::size_t taken = 0; taken < packed.size();) {
      const Progress step = decompressor->step(ByteView(packed).substr(taken), std::span(journal).subspan(size)).value();
      taken += step.consumed;
      size += step.produced;
    }
    write_file(dir / "test.journal", journal.substr(0, size));
  }

  struct Run {
    Run(JournaldSource& test, ValueMap options, bool acks = true) : bench(&test.checkpoints) {
      bench.auto_ack = acks;
      options["directory"] = test.dir.path();
      options.try_emplace("follow", false);
      options.try_emplace("since", "beginning");
      plan = make_journald_source(Value(std::move(options)), plan_context()).value();
      source = plan->open(bench);
      const Status started = source->start();
      EXPECT_TRUE(started.ok()) << started.text();
    }
    Lines read() {
      EXPECT_TRUE(bench.until([&] { return bench.finished == 1; }));
      return bench.lines();
    }
    LoopBench bench;
    std::unique_ptr<SourcePlan> plan;
    std::unique_ptr<Source> source;
  };
  Lines read(ValueMap options = {}) { return Run(*this, std::move(options)).read(); }

  TemporaryDirectory dir;
  MemoryCheckpoints checkpoints;
};

TEST_F(JournaldSource, EntriesAreJsonWithTheJournalsFields) {
  const Lines lines = read();
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_TRUE(lines[0].starts_with(R"({"timestamp":"2026-01-01T00:00:00.000001Z","__REALTIME_TIMESTAMP":"1767225600000001",)")) << lines[0];
  for (const char* field : {R"("MESSAGE":"entry 0")", R"("PRIORITY":"6")", R"("_SYSTEMD_UNIT":"nginx.service")"})
    EXPECT_NE(lines[0].find(field), std::string::npos) << lines[0];
  EXPECT_TRUE(lines[0].find(R"("TWICE":["a","b"])") != std::string::npos || lines[0].find(R"("TWICE":["b","a"])") != std::string::npos) << lines[0];
  EXPECT_NE(lines[5].find("\"MESSAGE\":\"two\\nlines \xef\xbf\xbd\""), std::string::npos) << lines[5];
}

TEST_F(JournaldSource, UnitsChooseWhatTheyWroteAndWhatIsSaidOfThem) {
  EXPECT_EQ(read({{"units", ValueList{"nginx"}}}).size(), 4u);
  checkpoints.kept.clear();
  EXPECT_EQ(read({{"units", ValueList{"ssh.service", "nginx.service"}}}).size(), 6u);
  checkpoints.kept.clear();
  EXPECT_EQ(read({{"units", ValueList{"ssh"}}}).size(), 2u);
}

TEST_F(JournaldSource, GoesOnBehindWhatWasAcked) {
  EXPECT_EQ(read().size(), 6u);
  ASSERT_EQ(checkpoints.kept.size(), 1u);
  EXPECT_NE(checkpoints.kept["journal:" + dir.path()].details["cursor"], "");
  EXPECT_TRUE(read().empty());
}

TEST_F(JournaldSource, WhatWasNotAckedIsReadAgain) {
  EXPECT_EQ(Run(*this, {}, false).read().size(), 6u);
  EXPECT_TRUE(checkpoints.kept.empty());
  EXPECT_EQ(read().size(), 6u);
}

TEST_F(JournaldSource, AnEntryThatHasLeftTheJournalIsTold) {
  EXPECT_EQ(read().size(), 6u);
  std::string& cursor = checkpoints.kept["journal:" + dir.path()].details["cursor"];
  // One between the third and the fourth entry, which nobody has.
  cursor = "s=00000000000000000000000000000001;i=1;b=0123456789abcdef0123456789abcdef;m=3;t=64748461e8480;x=1";
  Run run(*this, {});
  run.read();
  ASSERT_EQ(run.bench.troubles.size(), 1u);
  EXPECT_NE(run.bench.troubles[0].find("no longer the entry"), std::string::npos);
}

TEST_F(JournaldSource, StandsStillWhileBlocked) {
  Run run(*this, {});
  run.bench.blocked = true;
  run.bench.turn();
  EXPECT_TRUE(run.bench.lines().empty());
  run.bench.blocked = false;
  run.source->resume();
  EXPECT_EQ(run.read().size(), 6u);
}

TEST_F(JournaldSource, FromNowThereIsNothingYet) {
  Run run(*this, {{"since", "now"}, {"follow", true}});
  run.bench.turn();
  EXPECT_TRUE(run.bench.lines().empty());
  EXPECT_EQ(run.bench.finished, 0);
  run.source->stop();
}

TEST_F(JournaldSource, WhereItBeganIsKeptBeforeAnythingIsAcked) {
  {
    Run now(*this, {{"since", "now"}, {"follow", true}});
    now.source->stop();
  }
  Checkpoint& kept = checkpoints.kept["journal:" + dir.path()];
  EXPECT_EQ(kept.position, 0u);
  EXPECT_NE(kept.details["cursor"], "") << "behind the last entry";
  EXPECT_TRUE(read().empty());
  checkpoints.kept.clear();
  { Run(*this, {{"since", "1h"}}).read(); }
  std::string& start = checkpoints.kept["journal:" + dir.path()].details["start"];
  ASSERT_NE(start, "");
  start = "1767225603000000";  // as if the fourth entry had come an hour before it was first started
  EXPECT_EQ(read({{"since", "1h"}}).size(), 3u);
}

TEST_F(JournaldSource, OptionsAreLookedAt) {
  EXPECT_FALSE(make_journald_source(Value(ValueMap{{"since", "yesterday"}}), plan_context()).ok());
  EXPECT_EQ(make_journald_source(Value(ValueMap{{"units", ValueList{"a", "b"}}}), plan_context()).value()->describe(), "journald a b");
}

}  // namespace
}  // namespace penstock
