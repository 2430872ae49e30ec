#include "runtime/loop/loop.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "runtime/loop/signal_watch.h"

namespace penstock {
namespace {

using namespace std::chrono_literals;

class LoopTest : public testing::Test {
 protected:
  // Runs until something calls loop().stop(); a loop that hangs fails the test instead of holding it up.
  void run() {
    auto too_long = loop().after(20s, [this] {
      ADD_FAILURE() << "the loop was never stopped";
      loop().stop();
    });
    loop().run();
  }
  Loop& loop() { return *loop_; }
  void destroy_loop() { loop_.reset(); }

 private:
  std::unique_ptr<Loop> loop_ = std::move(Loop::open().value());
};

TEST_F(LoopTest, StopBeforeRunMakesRunReturn) {
  loop().stop();
  loop().run();
  SUCCEED();
}

TEST_F(LoopTest, TimersFireInTheOrderOfTheirTimes) {
  std::vector<int> order;
  auto late = loop().after(2ms, [&] {
    order.push_back(2);
    loop().stop();
  });
  auto early = loop().after(0ms, [&] { order.push_back(1); });
  run();
  EXPECT_THAT(order, testing::ElementsAre(1, 2));
}

TEST_F(LoopTest, ATimerFiresOnceAndNotBeforeItsTime) {
  int fired = 0;
  const auto start = std::chrono::steady_clock::now();
  auto timer = loop().after(5ms, [&] { ++fired; });
  auto end = loop().after(15ms, [&] { loop().stop(); });
  run();
  EXPECT_EQ(fired, 1);
  EXPECT_GE(std::chrono::steady_clock::now() - start, 13ms);  // libuv's clock may be coarse
}

TEST_F(LoopTest, ADestroyedTimerNeverFires) {
  auto timer = loop().after(0ms, [] { FAIL(); });
  timer.reset();
  auto end = loop().after(1ms, [&] { loop().stop(); });
  run();
}

TEST_F(LoopTest, EveryRepeats) {
  int beats = 0;
  auto beat = loop().every(1ms, [&] {
    if (++beats == 3) loop().stop();
  });
  run();
  EXPECT_EQ(beats, 3);
}

TEST_F(LoopTest, AScheduledMayDestroyItselfInItsCall) {
  const std::string text = "what the call holds lives until it returns";
  std::string seen;
  std::unique_ptr<Scheduled> work;
  work = loop().repeatedly([this, text, &seen, &work] {
    work.reset();
    seen = text;
    loop().stop();
  });
  run();
  EXPECT_EQ(seen, text);
}

TEST_F(LoopTest, DestroyingReleasesWhatTheCallHolds) {
  auto token = std::make_shared<int>(1);
  auto timer = loop().after(1h, [token] {});
  EXPECT_EQ(token.use_count(), 2);
  timer.reset();
  EXPECT_EQ(token.use_count(), 1);
}

TEST_F(LoopTest, RepeatedWorkLeavesOthersTheirTurn) {
  int turns = 0;
  auto work = loop().repeatedly([&] { ++turns; });
  auto timer = loop().after(1ms, [&] { loop().post([&] { loop().stop(); }); });
  run();
  EXPECT_GT(turns, 0);
}

TEST_F(LoopTest, RepeatedWorkRunsOncePerIteration) {
  int turns = 0;
  auto work = loop().repeatedly([&] { ++turns; });
  loop().run_ready();
  loop().run_ready();
  EXPECT_EQ(turns, 2);
}

TEST_F(LoopTest, PostsOfAThreadComeInOrderOnTheLoopsThread) {
  std::vector<int> seen;
  std::thread::id where;
  std::thread poster([&] {
    for (int i = 0; i < 1000; ++i) loop().post([&seen, i] { seen.push_back(i); });
    loop().post([&] {
      where = std::this_thread::get_id();
      loop().stop();
    });
  });
  run();
  poster.join();
  ASSERT_EQ(seen.size(), 1000u);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_EQ(where, std::this_thread::get_id());
}

TEST_F(LoopTest, APostInsideAPostComesInALaterIteration) {
  int calls = 0;
  loop().post([&] {
    ++calls;
    loop().post([&] { ++calls; });
  });
  loop().run_ready();
  EXPECT_EQ(calls, 1);
  loop().run_ready();
  EXPECT_EQ(calls, 2);
}

TEST_F(LoopTest, WhatWasPostedAndNeverRunIsReleasedWithTheLoop) {
  auto token = std::make_shared<int>(1);
  loop().post([token] {});
  destroy_loop();
  EXPECT_EQ(token.use_count(), 1);
}

TEST_F(LoopTest, SeesAFileMadeInADirectory) {
  char directory[] = "/tmp/penstock-loop-XXXXXX";
  ASSERT_NE(::mkdtemp(directory), nullptr);
  auto watch = loop().on_change(directory, [&] { loop().stop(); });
  ASSERT_NE(watch, nullptr);
  std::ofstream(std::string(directory) + "/new.log") << "x";
  run();
  std::filesystem::remove_all(directory);
}

TEST_F(LoopTest, AMissingDirectoryCannotBeWatched) { EXPECT_EQ(loop().on_change("/no/such/directory", [] {}), nullptr); }

class Pipe {
 public:
  Pipe() { EXPECT_EQ(::pipe(fds_), 0); }
  ~Pipe() {
    ::close(fds_[0]);
    close_writer();
  }
  int reader() const { return fds_[0]; }
  void write(const std::string& text) { EXPECT_EQ(::write(fds_[1], text.data(), text.size()), ssize_t(text.size())); }
  std::string read() {
    char text[100];
    const ssize_t size = ::read(fds_[0], text, sizeof text);
    return std::string(text, size > 0 ? std::size_t(size) : 0);
  }
  void close_writer() {
    if (fds_[1] >= 0) ::close(fds_[1]);
    fds_[1] = -1;
  }

 private:
  int fds_[2] = {-1, -1};
};

TEST_F(LoopTest, CallsAgainWhileThereIsSomethingToRead) {
  Pipe pipe;
  pipe.write("x");
  int calls = 0;
  auto watch = loop().on_readable(pipe.reader(), [&] {
    if (++calls == 3) loop().stop();
  });
  run();
  EXPECT_EQ(calls, 3);
}

TEST_F(LoopTest, TheEndOfAPipeIsReadable) {
  Pipe pipe;
  pipe.close_writer();
  std::string read = "?";
  auto watch = loop().on_readable(pipe.reader(), [&] {
    read = pipe.read();
    loop().stop();
  });
  run();
  EXPECT_EQ(read, "");
}

TEST_F(LoopTest, WatchingADescriptorLeavesItsFlags) {
  Pipe pipe;
  const int before = ::fcntl(pipe.reader(), F_GETFL);
  auto watch = loop().on_readable(pipe.reader(), [] {});
  EXPECT_EQ(::fcntl(pipe.reader(), F_GETFL), before);
  EXPECT_EQ(before & O_NONBLOCK, 0);
}

TEST_F(LoopTest, ADescriptorMayBeWatchedAgainAfterwards) {
  Pipe pipe;
  pipe.write("x");
  loop().on_readable(pipe.reader(), [] { FAIL(); }).reset();
  auto again = loop().on_readable(pipe.reader(), [&] { loop().stop(); });
  ASSERT_NE(again, nullptr);
  run();
}

TEST_F(LoopTest, RefusesDescriptorsThatCannotBeWatched) {
  const int file = ::open("/etc/passwd", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(loop().on_readable(file, [] {}), nullptr) << "a regular file";
  ::close(file);
  EXPECT_EQ(loop().on_readable(file, [] {}), nullptr) << "a closed descriptor";
  Pipe pipe;
  auto watch = loop().on_readable(pipe.reader(), [] {});
  EXPECT_EQ(loop().on_readable(pipe.reader(), [] {}), nullptr) << "watched already";
}

TEST_F(LoopTest, SignalsAreSeenByNumber) {
  std::vector<int> seen;
  SignalWatch watch(loop(), {SIGTERM, SIGHUP}, [&](int signal) {
    seen.push_back(signal);
    if (seen.size() == 2) loop().stop();
  });
  std::raise(SIGHUP);
  std::raise(SIGTERM);
  run();
  EXPECT_THAT(seen, testing::UnorderedElementsAre(SIGHUP, SIGTERM));
}

TEST_F(LoopTest, NowMovesOn) {
  const auto before = loop().now();
  auto timer = loop().after(3ms, [&] { loop().stop(); });
  run();
  EXPECT_GE(loop().now() - before, 2ms);
}

using LoopDeathTest = LoopTest;

TEST_F(LoopDeathTest, EndsTheProcessWhenSomethingIsStillScheduled) {
  EXPECT_DEATH(
      {
        auto timer = loop().after(1h, [] {});
        destroy_loop();
      },
      "still scheduled");
}

TEST_F(LoopDeathTest, AnExceptionInACallEndsTheProcess) {
  EXPECT_DEATH(
      {
        auto timer = loop().after(0ms, [] { throw 1; });
        loop().run();
      },
      "");
}

}  // namespace
}  // namespace penstock
