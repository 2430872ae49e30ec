#include "bindings/sink/sink_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "runtime/loop/loop.h"

namespace penstock {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = ProbeStep::Result;

// Says at once what it is told to say.
class ToldProbe final : public Probe {
 public:
  ToldProbe(Scheduler& scheduler, bool well, ProbeReport report) : report_(std::move(report)) {
    step_ = scheduler.after(std::chrono::milliseconds(0), [this, well] {
      report_.on_step({"delivery", well ? Kind::passed : Kind::failed, "by the test"});
      const auto done = std::move(report_.on_done);
      done(well);  // *this may be gone now
    });
  }

 private:
  ProbeReport report_;
  std::unique_ptr<Scheduled> step_;
};

// Sinks with connections to addresses that take them, and to some that nobody listens on.
class SinkProbeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    listening_ = std::make_unique<net::Listening>(net::ListenOptions{.address = {"127.0.0.1", 0, ""}});
    socket_ = listening_->open({"test", 0}, 0).value();
    // Its port was free a moment ago, and is nobody's.
    net::Listening gone(net::ListenOptions{.address = {"127.0.0.1", 0, ""}});
    dead_ = gone.open({"test", 0}, 0).value().address().port();
  }
  ProbedConnection open() const { return {{"127.0.0.1", socket_.address().port(), ""}}; }
  ProbedConnection dead() const { return {{"127.0.0.1", dead_, ""}}; }

  // Whether all went well.
  bool run(std::vector<ProbedConnection> connections, bool one_is_enough, bool delivers = true) {
    std::optional<bool> well;
    told_.clear();
    const auto deliver = [&](Package, ProbeReport report) { return std::make_unique<ToldProbe>(*loop_, delivers, std::move(report)); };
    const auto probe = probe_sink(*loop_, {std::move(connections), one_is_enough, deliver}, Package(), {[&](ProbeStep step) { add(std::move(step)); }, [&](bool all) { well = all; }});
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!well && std::chrono::steady_clock::now() < deadline) {
      loop_->run_ready();
      ::poll(nullptr, 0, 1);
    }
    EXPECT_TRUE(well) << "no end";
    return well.value_or(false);
  }

  std::vector<std::string> told_;  // `ok TCP`, ...
  ProbeStep last_;

 private:
  void add(ProbeStep step) {
    static constexpr const char* marks[] = {"ok ", "warn ", "fail ", "skip "};
    told_.push_back(marks[static_cast<int>(step.result)] + step.name);
    last_ = std::move(step);
  }

  const std::unique_ptr<Loop> loop_ = Loop::open().value();
  std::unique_ptr<net::Listening> listening_;
  net::ListeningSocket socket_;
  std::uint16_t dead_ = 0;
};

TEST_F(SinkProbeTest, EveryConnectionIsTriedBeforeTheDelivery) {
  EXPECT_TRUE(run({open(), open()}, false));
  EXPECT_THAT(told_, ElementsAre("ok TCP", "ok TCP", "ok delivery"));
  EXPECT_FALSE(run({open()}, false, false));
  EXPECT_THAT(told_, ElementsAre("ok TCP", "fail delivery"));
}

TEST_F(SinkProbeTest, AConnectionThatFailsFailsTheWhole) {
  EXPECT_FALSE(run({dead(), open()}, false));
  EXPECT_THAT(told_, ElementsAre("fail TCP", "ok TCP", "ok delivery"));
  EXPECT_FALSE(run({dead()}, false));
  EXPECT_THAT(told_, ElementsAre("fail TCP", "skip delivery"));
}

TEST_F(SinkProbeTest, WhereOneIsEnoughTheFailuresOfOthersAreWarnings) {
  EXPECT_TRUE(run({dead(), open(), dead()}, true));
  EXPECT_THAT(told_, ElementsAre("warn TCP", "ok TCP", "warn TCP", "ok delivery"));
  EXPECT_FALSE(run({dead(), open()}, true, false));
  EXPECT_THAT(told_, ElementsAre("warn TCP", "ok TCP", "fail delivery"));
}

TEST_F(SinkProbeTest, WhereOneIsEnoughAndNoneWorksThatIsTheFailure) {
  EXPECT_FALSE(run({dead(), dead()}, true));
  EXPECT_THAT(told_, ElementsAre("warn TCP", "warn TCP", "fail delivery"));
  EXPECT_THAT(last_.text, HasSubstr("none of 2 addresses"));
  EXPECT_FALSE(run({dead()}, true));
  EXPECT_THAT(told_, ElementsAre("fail TCP", "skip delivery"));
}

}  // namespace
}  // namespace penstock
