#include "bindings/kafka/assignment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/bindings/kafka/fake_message.h"
#include "tests/unit/bindings/source/source_bench.h"

namespace penstock::kafka {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string text_of(const Positions& positions) {
  std::string out;
  for (const Position& position : positions) out += (out.empty() ? "" : " ") + position.id.text() + "@" + std::to_string(position.offset);
  return out;
}

// Writes down what it is asked, in order.
struct FakeMembership final : Membership {
  void find_positions(const Positions& partitions, OnPositions call) override {
    asked.push_back("find " + text_of(partitions));
    search = std::move(call);
  }
  void cancel_search() override { search = nullptr; }
  void assign(const Positions& partitions) override { asked.push_back("assign " + text_of(partitions)); }
  void unassign(const Positions& partitions) override {
    Positions without_offsets = partitions;
    for (Position& position : without_offsets) position.offset = 0;
    asked.push_back("unassign " + text_of(without_offsets));
  }
  void store(const Position& position) override { asked.push_back("store " + text_of({position})); }

  std::vector<std::string> asked;
  OnPositions search;
};

class AssignmentTest : public ::testing::Test {
 protected:
  AssignmentTest() {
    bench.auto_ack = false;
    events.on_acked = [this](PartitionStream& partition) { assignment.on_acked(partition); };
  }

  Assignment::Hooks hooks() {
    return {.open = [this](const Position& position) { return std::make_unique<PartitionStream>(bench, settings, events, position.id, position.offset); },
            .flush = [this] { bench.flush_sinks(); },
            .on_closed = [this](const PartitionStream& partition) { closed.push_back(partition.id().text()); },
            .on_failure = [this](const std::string& text) { failures.push_back(text); },
            .on_change = [] {}};
  }
  static Positions positions(std::initializer_list<std::pair<int, std::int64_t>> numbers) {
    Positions out;
    for (const auto& [number, offset] : numbers) out.push_back({{"t", number}, offset});
    return out;
  }
  // Assigned at these offsets.
  void assign(std::initializer_list<std::pair<int, std::int64_t>> at) {
    Positions unknown = positions(at);
    for (Position& position : unknown) position.offset = -1;
    assignment.on_assigned(unknown);
    found(positions(at));
    membership.asked.clear();
  }
  void found(Result<Positions> result) { std::exchange(membership.search, nullptr)(std::move(result)); }
  void give(int number, std::int64_t offset) {
    PartitionStream* const partition = assignment.reads({"t", number});
    ASSERT_NE(partition, nullptr);
    partition->give(FakeMessage(offset, "event"));
    partition->commit();
  }
  // The loop goes round.
  void turn() { bench.clock.advance(0ms); }

  testing::SourceBench bench;
  FakeMembership membership;
  PartitionSettings settings;
  PartitionStream::Events events;
  std::vector<std::string> closed, failures;
  Assignment assignment{bench.clock, membership, hooks(), 10s};
};

TEST_F(AssignmentTest, ReadsWhereTheGroupLeftOff) {
  assignment.on_assigned(positions({{0, -1}, {1, -1}}));
  EXPECT_THAT(membership.asked, ElementsAre("find t/0@-1 t/1@-1"));
  EXPECT_EQ(assignment.reads({"t", 0}), nullptr) << "not yet";
  found(positions({{0, 7}, {1, 0}}));
  EXPECT_EQ(membership.asked.back(), "assign t/0@7 t/1@0");
  ASSERT_NE(assignment.reads({"t", 0}), nullptr);
  EXPECT_EQ(assignment.reads({"t", 0})->next(), 7);
  EXPECT_EQ(assignment.reads({"t", 2}), nullptr);
}

TEST_F(AssignmentTest, AnEmptyAssignmentIsAnsweredAtOnce) {
  assignment.on_assigned({});
  EXPECT_THAT(membership.asked, ElementsAre("assign "));
}

TEST_F(AssignmentTest, AsksAgainUntilPositionsAreKnown) {
  assignment.on_assigned(positions({{0, -1}}));
  found(Status(Code::retryable, "no coordinator"));
  bench.clock.advance(1s);
  found(Status(Code::retryable, "no coordinator"));
  bench.clock.advance(1s);
  EXPECT_THAT(failures, ElementsAre("no coordinator")) << "told once";
  found(positions({{0, 3}}));
  EXPECT_THAT(membership.asked, ElementsAre("find t/0@-1", "find t/0@-1", "find t/0@-1", "assign t/0@3"));
}

TEST_F(AssignmentTest, StoresWhatIsAcked) {
  assign({{0, 5}});
  give(0, 5);
  give(0, 6);
  EXPECT_THAT(membership.asked, IsEmpty());
  bench.ack_all();
  EXPECT_THAT(membership.asked, ElementsAre("store t/0@7"));
}

TEST_F(AssignmentTest, APartitionGoesWhenItsEventsAreAckedAndStored) {
  assign({{0, 0}, {1, 0}});
  give(0, 0);
  give(1, 0);
  assignment.on_revoked(positions({{0, 0}}), false);
  EXPECT_EQ(assignment.reads({"t", 0}), nullptr) << "nothing more is read of it";
  EXPECT_NE(assignment.reads({"t", 1}), nullptr);
  EXPECT_EQ(bench.sink_flushes, 1);
  turn();
  EXPECT_THAT(membership.asked, IsEmpty());
  bench.ack_all();
  EXPECT_THAT(closed, IsEmpty()) << "not inside the ack";
  turn();
  EXPECT_THAT(membership.asked, ElementsAre("store t/0@1", "store t/1@1", "unassign t/0@0"));
  EXPECT_THAT(closed, ElementsAre("t/0"));
  EXPECT_EQ(assignment.partitions().size(), 1u);
}

TEST_F(AssignmentTest, APartitionWithNothingUnderWayGoesAtOnce) {
  assign({{0, 0}});
  assignment.on_revoked(positions({{0, 0}}), false);
  turn();
  EXPECT_THAT(membership.asked, ElementsAre("unassign t/0@0"));
}

TEST_F(AssignmentTest, TheWaitForAcksHasAnEnd) {
  assign({{0, 0}});
  give(0, 0);
  assignment.on_revoked(positions({{0, 0}}), false);
  bench.clock.advance(9'999ms);
  EXPECT_THAT(membership.asked, IsEmpty());
  bench.clock.advance(1ms);
  EXPECT_THAT(membership.asked, ElementsAre("unassign t/0@0"));
  bench.ack_all();
  EXPECT_THAT(membership.asked, ElementsAre("unassign t/0@0")) << "what is acked later is not acked twice";
}

TEST_F(AssignmentTest, WhatIsUndeliveredIsNotWaitedFor) {
  assign({{0, 0}});
  bench.taken[0]->tally.undelivered = 1;
  give(0, 0);
  assignment.on_revoked(positions({{0, 0}}), false);
  turn();
  EXPECT_THAT(membership.asked, ElementsAre("unassign t/0@0"));
}

TEST_F(AssignmentTest, ALostPartitionIsGoneAtOnce) {
  assign({{0, 0}});
  give(0, 0);
  assignment.on_revoked(positions({{0, 0}}), true);
  EXPECT_THAT(membership.asked, ElementsAre("unassign t/0@0"));
  bench.ack_all();
  EXPECT_THAT(membership.asked, ElementsAre("unassign t/0@0"));
}

TEST_F(AssignmentTest, APartitionThatComesBackBeginsAnew) {
  assign({{0, 0}});
  give(0, 0);
  assignment.on_revoked(positions({{0, 0}}), true);
  assign({{0, 0}});
  EXPECT_EQ(assignment.reads({"t", 0})->next(), 0);
  give(0, 0);
  bench.ack_all();
  EXPECT_THAT(membership.asked, ElementsAre("store t/0@1"));
}

TEST_F(AssignmentTest, RevokingAPartitionThatItNeverHadIsNoProblem) {
  assignment.on_revoked(positions({{9, 0}}), false);
  turn();
  EXPECT_THAT(membership.asked, ElementsAre("unassign t/9@0"));
}

TEST_F(AssignmentTest, IsSettledWhenEverythingIsAcked) {
  assign({{0, 0}, {1, 0}});
  EXPECT_TRUE(assignment.settled());
  give(1, 0);
  EXPECT_FALSE(assignment.settled());
  bench.ack_all();
  EXPECT_TRUE(assignment.settled());
}

TEST_F(AssignmentTest, OneThatLeavesAnswersWhatTheGroupWaitsFor) {
  assignment.on_assigned(positions({{0, -1}}));
  assignment.give_up();
  EXPECT_EQ(membership.asked.back(), "assign t/0@-1");
  EXPECT_FALSE(membership.search) << "nobody waits for positions";

  assign({{1, 0}});
  give(1, 0);
  assignment.on_revoked(positions({{1, 0}}), false);
  assignment.give_up();
  EXPECT_THAT(membership.asked, ElementsAre("unassign t/1@0"));
}

}  // namespace
}  // namespace penstock::kafka
