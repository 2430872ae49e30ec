#include "bindings/object/ownership_gate.h"

#include <gtest/gtest.h>

#include "runtime/delivery/ownership.h"
#include "tests/unit/support/fake_scheduler.h"
#include "tests/unit/support/temporary_folder.h"

namespace penstock::object {
namespace {

// Takes everything, and counts it.
class OpenTransport final : public Transport {
 public:
  OpenTransport(int& sent, Scheduler& scheduler) : sent_(sent), scheduler_(scheduler) {}
  Status open() override { return {}; }
  std::unique_ptr<Request> send(const Package&, std::function<void(Answer)> done) override {
    ++sent_;
    auto request = std::make_unique<Sent>();
    request->answer = scheduler_.in_background([] {}, [call = std::move(done)] { call({}); });
    return request;
  }

 private:
  struct Sent : Request {
    std::unique_ptr<Scheduled> answer;
  };
  int& sent_;
  Scheduler& scheduler_;
};

class OwnershipGateTest : public ::testing::Test {
 protected:
  Answer send() {
    std::optional<Answer> answer;
    const auto request = gate_->send(package_, [&](Answer got) { answer = std::move(got); });
    for (int i = 0; i < 2; ++i) scheduler_.finish_work();
    EXPECT_TRUE(answer);
    return answer.value_or(Answer{});
  }
  void verify(const std::string& destination) {
    OwnershipRecords records = OwnershipRecords::open(state_).value();
    const auto now = std::chrono::system_clock::now();
    const IssuedToken token = records.issue(destination, destination, now).value();
    ASSERT_EQ(records.give_back(destination, token.text, now).value(), TokenVerdict::right);
  }

  testing::TemporaryFolder folder_;
  const std::string state_ = folder_.path("state");
  testing::FakeScheduler scheduler_;
  int sent_ = 0;
  Package package_;
  const std::unique_ptr<Transport> gate_ = behind_gate({state_, "s3 logs", "not yours"}, std::make_unique<OpenTransport>(sent_, scheduler_), scheduler_);
};

TEST_F(OwnershipGateTest, NothingPassesUntilTheDestinationIsVerifiedAndThenEverything) {
  for (int i = 0; i < 2; ++i) {
    const Answer refused = send();
    EXPECT_EQ(refused.outcome, Outcome::configuration) << "the sink pauses: nothing is lost";
    EXPECT_EQ(refused.text, "not yours");
  }
  verify("s3 other");
  EXPECT_EQ(send().outcome, Outcome::configuration);
  EXPECT_EQ(sent_, 0);
  verify("s3 logs");
  EXPECT_EQ(send().outcome, Outcome::delivered) << "found at the next try, without a restart";
  EXPECT_EQ(send().outcome, Outcome::delivered);
  EXPECT_EQ(sent_, 2);
}

}  // namespace
}  // namespace penstock::object
