#include "bindings/kafka/transaction_cycle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/support/fake_scheduler.h"

namespace penstock::kafka {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TransactionCycleTest : public ::testing::Test, public TransactionalOutput {
 protected:
  // TransactionalOutput
  void watch(std::function<void()> call) override { end_wanted = std::move(call); }
  bool has_learnt() const override { return learnt; }
  void recover(OnDone call) override { note("recover", std::move(call)); }
  Status begin() override {
    asked.emplace_back("begin");
    return std::move(begin_fails);
  }
  void commit(const Positions& positions, GroupMetadata, OnDone call) override {
    std::string text = "commit";
    for (const Position& position : positions) text += " " + position.id.text() + "@" + std::to_string(position.offset);
    note(text, std::move(call));
  }

  TransactionCycle::Hooks hooks() {
    return {.is_decoded = [this] { return decoded; },
            .positions = [] { return Positions{{{"t", 0}, 7}}; },
            .group = [] { return GroupMetadata(); },
            .rewind = [this](OnDone call) { note("rewind", std::move(call)); },
            .on_ready = [this] { ++ready; },
            .on_committed = [this] { ++committed; },
            .on_failure = [this](const Status& status) { failures.push_back(status.text()); }};
  }
  void note(std::string what, OnDone call) {
    asked.push_back(std::move(what));
    waiting = std::move(call);
  }
  void answer(Status status = {}) { std::exchange(waiting, nullptr)(std::move(status)); }
  void begin_work() {
    cycle.start();
    answer();
    answer();
    asked.clear();
    ready = committed = 0;
  }

  testing::FakeScheduler clock;
  std::vector<std::string> asked, failures;
  OnDone waiting;
  std::function<void()> end_wanted;
  Status begin_fails;
  bool decoded = true, learnt = false;
  int ready = 0, committed = 0;
  TransactionCycle cycle{clock, *this, hooks(), 500ms};
};

TEST_F(TransactionCycleTest, TakesNothingUntilItHasRecoveredAndRewound) {
  EXPECT_FALSE(cycle.takes());
  cycle.start();
  EXPECT_FALSE(cycle.takes());
  answer();
  EXPECT_FALSE(cycle.takes());
  EXPECT_EQ(ready, 0);
  answer();
  EXPECT_EQ(ready, 1);
  EXPECT_THAT(asked, ElementsAre("recover", "rewind"));
  EXPECT_TRUE(cycle.takes());
}

TEST_F(TransactionCycleTest, ATransactionBeginsWithTheFirstMessageAndLastsAnInterval) {
  begin_work();
  clock.advance(10s);
  EXPECT_THAT(asked, IsEmpty()) << "nothing to commit";
  EXPECT_TRUE(cycle.takes());
  EXPECT_TRUE(cycle.takes());
  clock.advance(499ms);
  EXPECT_TRUE(cycle.takes());
  clock.advance(1ms);
  EXPECT_THAT(asked, ElementsAre("begin", "commit t/0@7"));
  EXPECT_FALSE(cycle.takes()) << "no message while it is being committed";
  answer();
  EXPECT_EQ(ready, 1);
  EXPECT_TRUE(cycle.takes());
  EXPECT_EQ(asked.back(), "begin");
}

TEST_F(TransactionCycleTest, WhatIsHeldBackIsDecodedFirst) {
  begin_work();
  cycle.takes();
  decoded = false;
  clock.advance(500ms);
  EXPECT_THAT(asked, ElementsAre("begin"));
  EXPECT_FALSE(cycle.takes()) << "or it would never be done";
  decoded = true;
  cycle.on_decoded();
  EXPECT_EQ(asked.back(), "commit t/0@7");
}

TEST_F(TransactionCycleTest, SomebodyMayWaitForTheCommit) {
  begin_work();
  cycle.commit_soon();
  EXPECT_EQ(committed, 1) << "nothing was open";
  cycle.takes();
  cycle.commit_soon();
  EXPECT_EQ(asked.back(), "commit t/0@7");
  EXPECT_EQ(committed, 1);
  answer();
  EXPECT_EQ(committed, 2);
  EXPECT_FALSE(cycle.is_open());
}

TEST_F(TransactionCycleTest, WhatCannotBeCommittedIsReadAgain) {
  begin_work();
  cycle.takes();
  cycle.commit_soon();
  answer(Status(Code::retryable, "no coordinator"));
  EXPECT_THAT(failures, ElementsAre("no coordinator"));
  EXPECT_EQ(asked.back(), "recover");
  answer();
  EXPECT_EQ(asked.back(), "rewind");
  EXPECT_FALSE(cycle.takes());
  answer();
  EXPECT_TRUE(cycle.takes());
}

TEST_F(TransactionCycleTest, WhatFailsAgainAndAgainIsTriedMoreSlowlyUntilSomebodyWaits) {
  begin_work();
  const auto fail_one = [&] {
    cycle.takes();
    cycle.commit_soon();
    answer(Status(Code::retryable, "no such topic"));
  };
  const auto be_ready = [&] {
    answer();
    answer();
    asked.clear();
  };
  fail_one();
  answer();
  EXPECT_EQ(asked.back(), "rewind") << "the first at once";
  answer();
  asked.clear();
  fail_one();
  EXPECT_EQ(asked.back(), "recover") << "readers wait for its end";
  answer();
  EXPECT_EQ(asked.back(), "recover");
  EXPECT_FALSE(cycle.may_take());
  clock.advance(TransactionCycle::again_after);
  EXPECT_EQ(asked.back(), "rewind");
  answer();
  asked.clear();
  fail_one();
  answer();
  clock.advance(TransactionCycle::again_after);
  EXPECT_EQ(asked.back(), "recover") << "twice as long";
  cycle.commit_soon();
  EXPECT_EQ(asked.size(), 4u) << "the run ends";
  be_ready();
  cycle.takes();
  cycle.commit_soon();
  answer();
  fail_one();
  EXPECT_EQ(asked.back(), "recover") << "a success ends it";
}

TEST_F(TransactionCycleTest, TakesNothingOutWhileItIsNotOpen) {
  cycle.start();
  EXPECT_FALSE(cycle.may_take());
  answer();
  EXPECT_FALSE(cycle.may_take()) << "rewinding";
  answer();
  EXPECT_TRUE(cycle.may_take()) << "idle: one can be opened";
  EXPECT_THAT(asked, ElementsAre("recover", "rewind")) << "looking opens none";
  cycle.takes();
  EXPECT_TRUE(cycle.may_take());
  cycle.commit_soon();
  EXPECT_FALSE(cycle.may_take()) << "committing";
}

TEST_F(TransactionCycleTest, RecoversAndRewindsUntilItCan) {
  cycle.start();
  answer(Status(Code::retryable, "no broker"));
  EXPECT_THAT(asked, ElementsAre("recover"));
  clock.advance(TransactionCycle::again_after);
  answer();
  answer(Status(Code::retryable, "no coordinator"));
  clock.advance(TransactionCycle::again_after);
  EXPECT_THAT(asked, ElementsAre("recover", "recover", "rewind", "rewind"));
  answer();
  EXPECT_EQ(ready, 1);
}

TEST_F(TransactionCycleTest, ATransactionThatCannotBeginIsRecovered) {
  begin_work();
  begin_fails = Status(Code::closed, "fenced");
  EXPECT_FALSE(cycle.takes());
  EXPECT_THAT(asked, ElementsAre("begin", "recover"));
}

TEST_F(TransactionCycleTest, ALostPartitionTakesTheOpenTransactionWithIt) {
  begin_work();
  cycle.on_partition_lost();
  EXPECT_THAT(asked, IsEmpty()) << "none is open";
  cycle.takes();
  cycle.on_partition_lost();
  EXPECT_EQ(asked.back(), "recover");
  answer();
  answer();
  cycle.takes();
  cycle.commit_soon();
  cycle.on_partition_lost();
  EXPECT_EQ(asked.back(), "commit t/0@7") << "the group decides";
}

TEST_F(TransactionCycleTest, WhatATransactionShouldNotWaitForEndsIt) {
  begin_work();
  end_wanted();
  EXPECT_THAT(asked, IsEmpty()) << "none is open";
  cycle.takes();
  end_wanted();
  EXPECT_THAT(asked, ElementsAre("begin", "commit t/0@7"));
}

TEST_F(TransactionCycleTest, WhatHasLearntFromAFailureIsTriedAgainAtOnce) {
  begin_work();
  learnt = true;
  for (int i = 0; i < 5; ++i) {
    cycle.takes();
    cycle.commit_soon();
    answer(Status(Code::retryable, "refused"));
    EXPECT_EQ(asked.back(), "recover") << i;
    answer();
    answer();
  }
}

TEST_F(TransactionCycleTest, WhatAPersonHasToMendIsNotTriedAgainAtOnce) {
  begin_work();
  cycle.takes();
  cycle.commit_soon();
  answer(Status(Code::invalid, "no rights"));
  answer();
  EXPECT_EQ(asked.back(), "recover");
  clock.advance(1s);
  EXPECT_EQ(asked.back(), "rewind");
}

TEST_F(TransactionCycleTest, PositionsMayBeWorthATransaction) {
  cycle.start();
  cycle.keep_positions();
  answer();
  answer();
  EXPECT_THAT(asked, ElementsAre("recover", "rewind", "begin", "commit t/0@7"));
  answer(Status(Code::retryable, "no coordinator"));
  answer();
  answer();
  EXPECT_EQ(asked.back(), "commit t/0@7") << "they are still not kept";
  answer();
  EXPECT_FALSE(cycle.is_open());
  asked.clear();
  clock.advance(10s);
  EXPECT_THAT(asked, IsEmpty());
}

TEST_F(TransactionCycleTest, PositionsThatComeDuringACommitHaveTheNextOne) {
  begin_work();
  cycle.takes();
  cycle.commit_soon();
  cycle.keep_positions();
  answer();
  EXPECT_THAT(asked, ElementsAre("begin", "commit t/0@7", "begin", "commit t/0@7"));
}

}  // namespace
}  // namespace penstock::kafka
