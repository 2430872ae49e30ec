#include "bindings/source/stdin_source.h"

#include <fcntl.h>
#include <unistd.h>

#include "tests/unit/bindings/source/source_bench.h"

namespace penstock {
namespace {

using namespace penstock::testing;
using Lines = std::vector<std::string>;

struct Pipe {
  Pipe() { EXPECT_EQ(pipe(ends), 0); }
  ~Pipe() {
    close(ends[0]);
    close_writer();
  }
  void write_text(const std::string& text) {
    EXPECT_EQ(write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void close_writer() {
    if (ends[1] >= 0) close(ends[1]);
    ends[1] = -1;
  }
  int ends[2] = {-1, -1};
};

TEST(StdinSource, PipeIsReadAsItComesUntilItsEnd) {
  Pipe pipe;
  StdinSourcePlan plan(pipe.ends[0]);
  SourceBench bench;
  const auto source = plan.open(bench);
  ASSERT_TRUE(source->start().ok());
  pipe.write_text("one\ntw");
  bench.clock.readable(pipe.ends[0]);
  EXPECT_EQ(bench.lines(), (Lines{"one"}));
  pipe.write_text("o\nthree");
  pipe.close_writer();
  bench.clock.readable(pipe.ends[0]);
  bench.pass(100);
  EXPECT_EQ(bench.lines(), (Lines{"one", "two", "three"}));
  EXPECT_EQ(bench.finished, 1);
}

TEST(StdinSource, IsOneDocumentThatNobodyGoesOnWith) {
  Pipe pipe;
  StdinSourcePlan plan(pipe.ends[0]);
  SourceBench bench;
  const auto source = plan.open(bench);
  ASSERT_TRUE(source->start().ok());
  ASSERT_EQ(bench.taken.size(), 1u);
  EXPECT_TRUE(bench.taken[0]->whole);
}

TEST(StdinSource, ReadingAnEmptyPipeDoesNotWait) {
  Pipe pipe;
  StdinSourcePlan plan(pipe.ends[0]);
  SourceBench bench;
  const auto source = plan.open(bench);
  ASSERT_TRUE(source->start().ok());
  EXPECT_EQ(bench.clock.readable(pipe.ends[0]), 1);
  EXPECT_TRUE(bench.lines().empty());
  EXPECT_EQ(bench.finished, 0);
}

TEST(StdinSource, BlockedPipeIsNotReadUntilResumed) {
  Pipe pipe;
  StdinSourcePlan plan(pipe.ends[0]);
  SourceBench bench;
  bench.blocked = true;
  const auto source = plan.open(bench);
  ASSERT_TRUE(source->start().ok());
  pipe.write_text("one\n");
  bench.clock.readable(pipe.ends[0]);
  EXPECT_EQ(bench.clock.readable(pipe.ends[0]), 0) << "still watched while blocked: the loop would spin";
  bench.blocked = false;
  source->resume();
  bench.clock.readable(pipe.ends[0]);
  EXPECT_EQ(bench.lines(), (Lines{"one"}));
}

TEST(StdinSource, RegularFileIsReadByTurns) {
  const TemporaryDirectory dir;
  write_file(dir / "in", "one\ntwo\n");
  const int fd = open((dir / "in").c_str(), O_RDONLY);
  StdinSourcePlan plan(fd);
  SourceBench bench;
  const auto source = plan.open(bench);
  ASSERT_TRUE(source->start().ok());
  EXPECT_EQ(bench.total, 8u);
  bench.settle();
  bench.pass(100);
  close(fd);
  EXPECT_EQ(bench.lines(), (Lines{"one", "two"}));
  EXPECT_EQ(bench.finished, 1);
}

TEST(StdinSource, OtherWorkersAreFinishedAtOnce) {
  StdinSourcePlan plan(0);
  SourceBench bench(nullptr, 1, 2);
  const auto source = plan.open(bench);
  ASSERT_TRUE(source->start().ok());
  bench.pass(100);
  EXPECT_EQ(bench.finished, 1);
  EXPECT_TRUE(bench.taken.empty());
}

TEST(StdinSource, ClosedDescriptorFails) {
  StdinSourcePlan plan(-1);
  SourceBench bench;
  const auto source = plan.open(bench);
  EXPECT_FALSE(source->start().ok());
}

}  // namespace
}  // namespace penstock
