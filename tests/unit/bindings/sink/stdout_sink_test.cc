#include "bindings/sink/stdout_sink.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "tests/unit/bindings/sink/sink_world.h"

namespace penstock {
namespace {

using namespace testing;
using std::chrono::milliseconds;

class StdoutSink : public ::testing::Test, public SinkWorld {
 protected:
  void SetUp() override {
    ::signal(SIGPIPE, SIG_IGN);  // as main does
    ASSERT_EQ(::pipe(ends), 0);
  }
  void TearDown() override {
    if (ends[0] >= 0) ::close(ends[0]);
    ::close(ends[1]);
  }
  Status open_stdout(ValueMap options = {}) {
    Result<std::unique_ptr<SinkPlan>> made = make_stdout_sink(Value(std::move(options)), context, ends[1]);
    if (!made.ok()) return made.take_status();
    plan = std::move(*made);
    return open_worker();
  }
  // What stands in the pipe.
  std::string shown() {
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    std::string text(1 << 20, '\0');
    const ssize_t size = ::read(ends[0], text.data(), text.size());
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }
  int ends[2] = {-1, -1};
};

TEST_F(StdoutSink, WritesWhenEventsHaveLingered) {
  ASSERT_TRUE(open_stdout().ok());
  take({"a", "b"});
  scheduler.advance(milliseconds(99));
  EXPECT_EQ(shown(), "");
  EXPECT_FALSE(sinks[0]->idle());
  scheduler.advance(milliseconds(1));
  EXPECT_EQ(shown(), "a\nb\n");
  EXPECT_EQ(acks.delivered(), 2u);
}

TEST_F(StdoutSink, WritesWhenTheBufferIsFull) {
  ASSERT_TRUE(open_stdout().ok());
  ::fcntl(ends[1], F_SETPIPE_SZ, 1 << 18);
  take({std::string(65536, 'x')});
  EXPECT_EQ(shown().size(), 65537u);
}

TEST_F(StdoutSink, WorkersShareOnePrefixAndSuffix) {
  ASSERT_TRUE(open_stdout({{"format", "json_array"}}).ok());
  ASSERT_TRUE(open_worker(1).ok());
  take({"a"}, 0);
  take({"b", "c"}, 1);
  close();
  EXPECT_EQ(shown(), "[\na,\nb,\nc\n]\n");
}

TEST_F(StdoutSink, AnEmptyArrayIsValid) {
  ASSERT_TRUE(open_stdout({{"format", "json_array"}}).ok());
  close();
  EXPECT_EQ(shown(), "[\n\n]\n");
}

TEST_F(StdoutSink, AClosedReaderEndsIt) {
  ASSERT_TRUE(open_stdout().ok());
  ::close(std::exchange(ends[0], -1));
  take({"a"});
  flush();
  take({"b"});
  close();
  EXPECT_EQ(acks.undelivered(), 2u);
  EXPECT_EQ(fatal, std::vector<std::string>{"stdout was closed"});
}

TEST_F(StdoutSink, ASlowReaderOfANonBlockingPipeGetsEverything) {
  ASSERT_TRUE(open_stdout().ok());
  ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
  std::string got;
  std::thread reader([&] {
    char piece[1000];
    while (got.size() < 300001) {
      const ssize_t size = ::read(ends[0], piece, sizeof piece);
      if (size <= 0) break;
      got.append(piece, static_cast<std::size_t>(size));
    }
  });
  const std::string event(300000, 'x');
  take({event});
  reader.join();
  EXPECT_TRUE(got == event + "\n");
  EXPECT_EQ(acks.delivered(), 1u);
}

}  // namespace
}  // namespace penstock
