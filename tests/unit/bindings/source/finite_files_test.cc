#include "bindings/source/finite_files.h"

#include <algorithm>

#include "tests/unit/bindings/source/source_bench.h"

namespace penstock {
namespace {

using namespace penstock::testing;
using Lines = std::vector<std::string>;

class FiniteFilesTest : public ::testing::Test {
 protected:
  ValueMap options(const std::string& path) const { return {{"path", Value(path)}, {"follow", Value(false)}}; }
  // Reads everything and ends.
  static void run(FileRun& run) {
    run.start();
    run.bench.pass(100);
    EXPECT_EQ(run.bench.finished, 1);
  }

  TemporaryDirectory dir;
  MemoryCheckpoints checkpoints;
};

std::string numbered(int from, int to) {
  std::string out;
  for (int i = from; i < to; ++i) out += "line " + std::to_string(i) + "\n";
  return out;
}

TEST_F(FiniteFilesTest, ReadsEveryFileToItsEndAndIsFinished) {
  write_file(dir / "a.log", "a1\na2\n");
  write_file(dir / "b.log", "b1\nb2 without end");
  write_file(dir / "empty.log", "");
  FileRun files(options(dir / "*.log"));
  run(files);
  EXPECT_EQ(files.lines(), (Lines{"a1", "a2", "b1", "b2 without end"}));
  EXPECT_EQ(files.bench.total, 23u);
  EXPECT_FALSE(files.bench.clock.busy());
  EXPECT_TRUE(files.bench.troubles.empty());
}

TEST_F(FiniteFilesTest, ExcludedFilesAreLeftOut) {
  write_file(dir / "a.log", "a\n");
  write_file(dir / "b.log.gz", "not ours\n");
  ValueMap with = options(dir / "*");
  with["exclude"] = Value(ValueList{Value("*.gz")});
  FileRun files(with);
  run(files);
  EXPECT_EQ(files.lines(), (Lines{"a"}));
}

TEST_F(FiniteFilesTest, WhatCannotStartSaysWhy) {
  FileRun missing(options(dir / "missing.log"));
  const Status absent = missing.source->start();
  EXPECT_EQ(absent.code(), Code::not_found);
  EXPECT_NE(absent.text().find("missing.log"), std::string::npos);

  FileRun nothing(options(dir / "*.nothing"));
  const Status none = nothing.source->start();
  EXPECT_EQ(none.code(), Code::not_found);
  EXPECT_NE(none.text().find("*.nothing"), std::string::npos);

  FileRun directory(options(dir.path()));
  const Status is_directory = directory.source->start();
  EXPECT_NE(is_directory.text().find("is a directory"), std::string::npos) << is_directory.text();
}

TEST_F(FiniteFilesTest, WhatCannotBeReadIsToldAndTheRestIsRead) {
  write_file(dir / "a.log", "a\n");
  std::filesystem::create_directory(dir / "sub");
  ValueMap with = options("");
  with["path"] = Value(ValueList{Value(dir / "a.log"), Value(dir / "sub")});
  FileRun files(with);
  run(files);
  EXPECT_EQ(files.lines(), (Lines{"a"}));
  ASSERT_EQ(files.bench.troubles.size(), 1u);
  EXPECT_NE(files.bench.troubles[0].find("sub"), std::string::npos);
}

TEST_F(FiniteFilesTest, ManyFilesAreReadWithFewOpenAtATime) {
  std::size_t lines = 0;
  for (int i = 0; i < 300; ++i) {
    write_file(dir / ("f" + std::to_string(i) + ".log"), numbered(0, i % 7));
    lines += static_cast<std::size_t>(i % 7);
  }
  FileRun files(options(dir / "*.log"));
  run(files);
  EXPECT_EQ(files.lines().size(), lines);
}

TEST_F(FiniteFilesTest, RestartGoesOnAtTheCheckpoint) {
  write_file(dir / "a.log", "one\ntwo\n");
  {
    FileRun files(options(dir / "a.log"), &checkpoints);
    run(files);
    files.stop();
  }
  ASSERT_EQ(checkpoints.kept.size(), 1u);
  EXPECT_EQ(checkpoints.kept.begin()->second.position, 8u);
  append_file(dir / "a.log", "three\n");
  FileRun files(options(dir / "a.log"), &checkpoints);
  run(files);
  EXPECT_EQ(files.lines(), (Lines{"three"}));
  EXPECT_EQ(checkpoints.kept.size(), 1u);
}

TEST_F(FiniteFilesTest, NothingIsCheckpointedThatWasNotAcked) {
  write_file(dir / "a.log", "one\ntwo\n");
  FileRun files(options(dir / "a.log"), &checkpoints);
  files.bench.auto_ack = false;
  run(files);
  EXPECT_TRUE(checkpoints.kept.empty() || checkpoints.kept.begin()->second.position == 0);
  files.bench.ack_all();
  EXPECT_EQ(checkpoints.kept.begin()->second.position, 8u);
}

TEST_F(FiniteFilesTest, WhatIsAckedAfterTheFileWasClosedIsNotReadAgain) {
  write_file(dir / "a.log", numbered(0, 400'000));
  {
    FileRun files(options(dir / "a.log"), &checkpoints);
    ASSERT_TRUE(files.source->start().ok());
    files.bench.clock.turn();
    ASSERT_EQ(checkpoints.kept.size(), 1u) << "acked on the way";
    files.bench.auto_ack = false;
    files.bench.settle();
    files.stop();
  }
  EXPECT_EQ(checkpoints.kept.begin()->second.position, std::filesystem::file_size(dir / "a.log"));
  FileRun files(options(dir / "a.log"), &checkpoints);
  run(files);
  EXPECT_EQ(files.lines(), Lines{});
}

TEST_F(FiniteFilesTest, ReplacedFileIsReadFromItsStartAndTheLossIsTold) {
  write_file(dir / "a.log", "one\ntwo\nthree\n");
  {
    FileRun files(options(dir / "a.log"), &checkpoints);
    files.bench.space_bytes = 4;
    files.start();
    files.stop();
  }
  checkpoints.kept.begin()->second.position = 4;
  write_file(dir / "a.log", "ONE\n");
  FileRun files(options(dir / "a.log"), &checkpoints);
  run(files);
  EXPECT_EQ(files.lines(), (Lines{"ONE"}));
  EXPECT_EQ(files.bench.lost, 10u);
  EXPECT_EQ(files.bench.troubles.size(), 1u);
}

TEST_F(FiniteFilesTest, BlockedStreamIsNotReadUntilResumed) {
  write_file(dir / "a.log", numbered(0, 50000));
  FileRun files(options(dir / "a.log"));
  files.bench.blocked = true;
  files.start();
  EXPECT_FALSE(files.bench.clock.busy());
  EXPECT_TRUE(files.lines().empty());
  files.bench.blocked = false;
  files.source->resume();
  files.bench.settle();
  EXPECT_EQ(files.lines().size(), 50000u);
}

TEST_F(FiniteFilesTest, FilesTakeTurns) {
  write_file(dir / "a.log", std::string(3 * 1024 * 1024, 'a') + "\n");
  write_file(dir / "b.log", std::string(3 * 1024 * 1024, 'b') + "\n");
  FileRun files(options(dir / "*.log"));
  ASSERT_TRUE(files.source->start().ok());
  files.bench.clock.turn();
  files.bench.clock.turn();
  ASSERT_EQ(files.bench.taken.size(), 2u);
  EXPECT_LT(files.bench.taken[0]->bytes.size(), 2u * 1024 * 1024);
  EXPECT_GT(files.bench.taken[1]->bytes.size(), 0u);
}

TEST_F(FiniteFilesTest, AfterStopNothingIsRead) {
  write_file(dir / "a.log", std::string(3 * 1024 * 1024, 'a') + "\n");
  FileRun files(options(dir / "*.log"));
  ASSERT_TRUE(files.source->start().ok());
  files.bench.clock.turn();
  const std::size_t before = files.bench.taken[0]->bytes.size();
  files.source->stop();
  files.bench.settle();
  EXPECT_EQ(files.bench.taken[0]->bytes.size(), before);
  EXPECT_FALSE(files.bench.taken[0]->ended);
  EXPECT_EQ(files.bench.finished, 0);
}

// Several workers, each with its own context.
struct Workers {
  Workers(const ValueMap& options, int count, bool split, CheckpointStore* checkpoints = nullptr)
      : plan(make_file_source(Value(options), plan_context(count)).value().release()) {
    for (int i = 0; i < count; ++i) {
      benches.push_back(std::make_unique<SourceBench>(checkpoints, i, count));
      benches.back()->split = split;
      sources.push_back(plan->open(*benches.back()));
    }
  }
  void run() {
    for (auto& source : sources) ASSERT_TRUE(source->start().ok());
    for (auto& bench : benches) {
      bench->settle();
      bench->pass(100);
      EXPECT_EQ(bench->finished, 1);
    }
  }
  Lines lines() const {
    Lines out;
    for (const auto& bench : benches)
      for (std::string& line : bench->lines()) out.push_back(std::move(line));
    return out;
  }

  std::unique_ptr<SourcePlan> plan;
  std::vector<std::unique_ptr<SourceBench>> benches;
  std::vector<std::unique_ptr<Source>> sources;
};

TEST_F(FiniteFilesTest, WorkersShareTheFilesByTheirBytes) {
  write_file(dir / "big.log", numbered(0, 1000));
  write_file(dir / "mid.log", numbered(0, 600));
  write_file(dir / "small.log", numbered(0, 300));
  Workers workers(options(dir / "*.log"), 2, true);
  workers.run();
  EXPECT_EQ(workers.benches[0]->lines().size(), 1000u);
  EXPECT_EQ(workers.benches[1]->lines().size(), 900u);
}

TEST_F(FiniteFilesTest, LargeFileIsCutAtLineEndsWhereEventsMayOvertake) {
  std::string text;
  int count = 0;
  for (; text.size() <= split_bytes_min; ++count)
    text += "line " + std::to_string(count) + std::string(static_cast<std::size_t>(count) % 97, '.') + "\n";
  text += "the last";
  write_file(dir / "big.log", text);
  Workers workers(options(dir / "big.log"), 3, true);
  workers.run();
  for (const auto& bench : workers.benches) EXPECT_GT(bench->lines().size(), static_cast<std::size_t>(count / 4));
  std::string joined;
  for (const auto& bench : workers.benches)
    for (const auto& stream : bench->taken) joined += stream->bytes;
  EXPECT_TRUE(joined == text);

  Workers ordered(options(dir / "big.log"), 3, false);
  ordered.run();
  EXPECT_EQ(ordered.benches[1]->lines().size() + ordered.benches[2]->lines().size(), 0u);
}

TEST_F(FiniteFilesTest, LineLongerThanARangeBelongsToTheRangeItBeginsIn) {
  const std::string text = "first\n" + std::string(split_bytes_min, 'x') + "\nlast\n";
  write_file(dir / "big.log", text);
  Workers workers(options(dir / "big.log"), 4, true);
  workers.run();
  const Lines lines = workers.lines();
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(workers.benches[0]->lines().size(), 2u);
  EXPECT_EQ(lines[2], "last");
}

TEST_F(FiniteFilesTest, RestartGoesOnWithTheSameRanges) {
  std::string text;
  for (int i = 0; text.size() <= split_bytes_min; ++i) text += "line " + std::to_string(i) + std::string(200, '.') + "\n";
  write_file(dir / "big.log", text);
  Lines all;
  {
    Workers workers(options(dir / "big.log"), 3, true, &checkpoints);
    for (auto& source : workers.sources) ASSERT_TRUE(source->start().ok());
    for (auto& bench : workers.benches) bench->clock.turn();
    for (auto& source : workers.sources) source->stop();
    for (auto& bench : workers.benches) bench->ack_all();
    all = workers.lines();
  }
  EXPECT_EQ(checkpoints.kept.size(), 3u);
  Workers workers(options(dir / "big.log"), 2, false, &checkpoints);
  workers.run();
  for (std::string& line : workers.lines()) all.push_back(std::move(line));
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::unique(all.begin(), all.end()), all.end());
  EXPECT_EQ(all.size(), static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')));
}

}  // namespace
}  // namespace penstock
