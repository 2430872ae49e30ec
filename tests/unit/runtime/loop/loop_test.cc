#include "runtime/loop/loop.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/base/bytes.h"
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

class SocketPair {
 public:
  SocketPair() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends_), 0); }
  ~SocketPair() {
    for (const int end : ends_)
      if (end >= 0) ::close(end);
  }
  int near() const { return ends_[0]; }
  void send(char byte) { EXPECT_EQ(::write(ends_[1], &byte, 1), 1); }
  void hang_up() { ::close(std::exchange(ends_[1], -1)); }

 private:
  int ends_[2] = {-1, -1};
};

TEST_F(LoopTest, AWatchWaitsForNothingUntilItIsTold) {
  SocketPair sockets;
  sockets.send('x');
  auto watch = loop().watch(sockets.near(), [](Readiness) { FAIL(); });
  ASSERT_NE(watch, nullptr);
  loop().run_ready();
}

TEST_F(LoopTest, AWatchTellsWhatItWasAskedFor) {
  SocketPair sockets;
  std::vector<std::string> seen;
  std::unique_ptr<DescriptorWatch> watch = loop().watch(sockets.near(), [&](Readiness ready) {
    seen.push_back(std::string(ready.readable ? "r" : "") + (ready.writable ? "w" : ""));
    if (seen.size() == 1) {
      watch->want({.readable = true});
      sockets.send('x');
    } else if (seen.size() == 2) {
      watch->want({.readable = true, .writable = true});
    } else {
      loop().stop();
    }
  });
  watch->want({.writable = true});
  run();
  EXPECT_THAT(seen, testing::ElementsAre("w", "r", "rw"));
}

TEST_F(LoopTest, AWatchMayBeDestroyedInItsCallAndTheDescriptorWatchedAgain) {
  SocketPair sockets;
  sockets.hang_up();
  int calls = 0;
  std::unique_ptr<DescriptorWatch> watch = loop().watch(sockets.near(), [&](Readiness ready) {
    EXPECT_TRUE(ready.readable) << "a hang-up is told as readable";
    ++calls;
    watch.reset();
    watch = loop().watch(sockets.near(), [&](Readiness) {
      ++calls;
      loop().stop();
    });
    ASSERT_NE(watch, nullptr);
    watch->want({.readable = true});
  });
  watch->want({.readable = true});
  run();
  EXPECT_EQ(calls, 2);
}

// A TCP connection over loopback whose peer resets it.
int connection_that_was_reset(ByteView last_words) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(listener, generic, size), 0);
  EXPECT_EQ(::listen(listener, 1), 0);
  EXPECT_EQ(::getsockname(listener, generic, &size), 0);
  const int peer = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::connect(peer, generic, size), 0);
  const int ours = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  EXPECT_EQ(::send(peer, last_words.data(), last_words.size(), 0), static_cast<ssize_t>(last_words.size()));
  const linger reset{1, 0};
  ::setsockopt(peer, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  ::close(peer);
  ::close(listener);
  return ours;
}

TEST_F(LoopTest, AWatchGoesOnAfterAnErrorUntilItsOwnerHasReadToIt) {
  const int socket = connection_that_was_reset("last words");
  std::string read;
  int error = 0;
  auto watch = loop().watch(socket, [&](Readiness ready) {
    EXPECT_TRUE(ready.readable);
    char piece[4];
    const ssize_t got = ::read(socket, piece, sizeof piece);
    if (got > 0) {
      read.append(piece, static_cast<std::size_t>(got));
      return;
    }
    error = got < 0 ? errno : 0;
    loop().stop();
  });
  watch->want({.readable = true});
  run();
  EXPECT_EQ(read, "last words");
  EXPECT_EQ(error, ECONNRESET);
  watch.reset();
  ::close(socket);
}

TEST_F(LoopTest, BackgroundWorkRunsElsewhereAndItsEndIsToldHere) {
  const auto here = std::this_thread::get_id();
  std::thread::id worked_on, done_on;
  std::unique_ptr<Scheduled> work = loop().in_background([&] { worked_on = std::this_thread::get_id(); },
                                   [&] {
                                     done_on = std::this_thread::get_id();
                                     work.reset();
                                     loop().stop();
                                   });
  run();
  EXPECT_NE(worked_on, here);
  EXPECT_EQ(done_on, here);
}

TEST_F(LoopTest, TheEndOfForgottenBackgroundWorkIsNotTold) {
  std::promise<void> may_end;
  auto finished = std::make_shared<std::atomic<bool>>(false);
  loop()
      .in_background(
          [wait = may_end.get_future().share(), finished] {
            wait.wait();
            *finished = true;
          },
          [] { FAIL() << "nobody waits for it any more"; })
      .reset();
  may_end.set_value();
  destroy_loop();
  // Either it had not begun, or the loop waited for it.
  EXPECT_EQ(finished.use_count(), 1);
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
