#include "runtime/pipeline/ticket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// One stream's acks and the batches on their way.
class TicketTest : public ::testing::Test {
 protected:
  TicketTest() {
    acks->on_acked = [this](std::uint64_t position) { moves.push_back(position); };
  }
  // A batch that ends at `end`, with `events` events for `sinks` sinks, handed out and released.
  std::vector<Ack> batch(std::uint64_t end, std::uint32_t events, std::size_t sinks) {
    Ticket* ticket = Ticket::make(acks, end, counters);
    std::vector<Ack> out = ticket->hand_out(events, sinks);
    ticket->release(true);
    return out;
  }

  Counters counters;
  std::vector<std::uint64_t> moves;
  std::shared_ptr<StreamAcks> acks = std::make_shared<StreamAcks>(StreamAcks{AckWindow(0), {}});
};

TEST_F(TicketTest, ABatchThatWasNotHandedOutMovesThePositionWhenReleased) {
  Ticket::make(acks, 10, counters)->release(true);
  EXPECT_THAT(moves, ElementsAre(10u));
}

TEST_F(TicketTest, ABatchWhoseLettersAreNotSafeStopsThePosition) {
  Ticket::make(acks, 10, counters)->release(false);
  Ticket::make(acks, 20, counters)->release(true);
  EXPECT_THAT(moves, IsEmpty());
}

TEST_F(TicketTest, APositionMovesInOrderHoweverTheAcksCome) {
  std::vector<Ack> first = batch(10, 1, 1), second = batch(20, 1, 1), third = batch(30, 1, 1);
  third[0].settle(Verdict::delivered);
  second[0].settle(Verdict::delivered);
  EXPECT_THAT(moves, IsEmpty());
  first[0].settle(Verdict::delivered);
  EXPECT_THAT(moves, ElementsAre(30u));
  EXPECT_EQ(totals_of(counters).delivered, 3u);
}

TEST_F(TicketTest, APositionMovesWhenTheLastSinkHasAcked) {
  std::vector<Ack> sinks = batch(10, 5, 3);
  sinks[1].settle(Verdict::delivered);
  sinks[0].settle_some(Verdict::delivered, 2);
  sinks[2].settle(Verdict::delivered);
  EXPECT_THAT(moves, IsEmpty());
  EXPECT_EQ(totals_of(counters).delivered, 0u);
  sinks[0].settle_some(Verdict::delivered, 3);
  EXPECT_THAT(moves, ElementsAre(10u));
  EXPECT_EQ(totals_of(counters).delivered, 5u);
}

TEST_F(TicketTest, UndeliveredEventsStopThePositionForGood) {
  std::vector<Ack> first = batch(10, 1, 1), second = batch(20, 1, 1), third = batch(30, 1, 1);
  second[0].settle(Verdict::undelivered);
  third[0].settle(Verdict::delivered);
  first[0].settle(Verdict::delivered);
  EXPECT_THAT(moves, ElementsAre(10u));
  EXPECT_EQ(acks->window.acked(), 10u);
}

TEST_F(TicketTest, WhatIsTakenBackStopsThePositionAndIsCountedApart) {
  std::vector<Ack> first = batch(10, 3, 2), second = batch(20, 1, 1);
  second[0].settle(Verdict::delivered);
  first[0].settle(Verdict::delivered);
  first[1].settle_some(Verdict::rewound, 2);
  first[1].settle(Verdict::delivered);
  EXPECT_THAT(moves, IsEmpty());
  EXPECT_EQ(totals_of(counters).rewound, 2u);
  EXPECT_EQ(totals_of(counters).delivered, 2u);
  EXPECT_EQ(totals_of(counters).undelivered, 0u);
  EXPECT_EQ(acks->undelivered, 1u) << "the stream is to be read again";
}

TEST_F(TicketTest, AnAckThatASinkForgetsCountsAsUndelivered) {
  batch(10, 4, 1);
  EXPECT_THAT(moves, IsEmpty());
  EXPECT_EQ(totals_of(counters).undelivered, 4u);
}

TEST_F(TicketTest, GroupsOfOneBatchSettleTogether) {
  Ticket* ticket = Ticket::make(acks, 10, counters);
  std::vector<Ack> left = ticket->hand_out(2, 1), right = ticket->hand_out(3, 2);
  ticket->release(true);
  right[0].settle(Verdict::delivered);
  right[1].settle(Verdict::delivered);
  EXPECT_THAT(moves, IsEmpty());
  left[0].settle(Verdict::delivered);
  EXPECT_THAT(moves, ElementsAre(10u));
  EXPECT_EQ(totals_of(counters).delivered, 5u);
}

TEST_F(TicketTest, AStreamThatIsGoneIsNotTold) {
  std::vector<Ack> sinks = batch(10, 1, 1);
  acks->on_acked = nullptr;
  sinks[0].settle(Verdict::delivered);
  EXPECT_THAT(moves, IsEmpty());
  EXPECT_EQ(totals_of(counters).delivered, 1u);
}

// Two sinks say what became of the same four events.
struct Verdicts {
  const char* name;
  Verdict first, second;
  std::uint64_t delivered, dead_lettered, dropped, undelivered;
  bool moves;
};

class SinksDisagree : public TicketTest, public ::testing::WithParamInterface<Verdicts> {};

TEST_P(SinksDisagree, AnEventCountsOnceByTheWorst) {
  std::vector<Ack> sinks = batch(10, 4, 2);
  sinks[0].settle(GetParam().first);
  sinks[1].settle_some(GetParam().second, 1);
  sinks[1].settle(Verdict::delivered);
  const Totals totals = totals_of(counters);
  EXPECT_EQ(totals.delivered, GetParam().delivered);
  EXPECT_EQ(totals.dead_lettered, GetParam().dead_lettered);
  EXPECT_EQ(totals.dropped, GetParam().dropped);
  EXPECT_EQ(totals.undelivered, GetParam().undelivered);
  EXPECT_EQ(totals.settled(), 4u);
  EXPECT_EQ(!moves.empty(), GetParam().moves);
}

INSTANTIATE_TEST_SUITE_P(Verdicts, SinksDisagree,
                         ::testing::Values(Verdicts{"BothDeliver", Verdict::delivered, Verdict::delivered, 4, 0, 0, 0, true},
                                           Verdicts{"OneRefusesOne", Verdict::delivered, Verdict::dead_lettered, 3, 1, 0, 0, true},
                                           Verdicts{"OneRefusesAll", Verdict::dead_lettered, Verdict::delivered, 0, 4, 0, 0, true},
                                           Verdicts{"OneDropsAllOneRefusesOne", Verdict::dropped, Verdict::dead_lettered, 0, 1, 3, 0, true},
                                           Verdicts{"OneKeepsOneBack", Verdict::delivered, Verdict::undelivered, 3, 0, 0, 1, false},
                                           Verdicts{"RefusedAndKeptBack", Verdict::dead_lettered, Verdict::undelivered, 0, 3, 0, 1, false}),
                         [](const ::testing::TestParamInfo<Verdicts>& test) { return std::string(test.param.name); });

TEST_F(TicketTest, AnAckCanBeSplitAmongPackages) {
  std::vector<Ack> sinks = batch(10, 5, 1);
  Ack part = sinks[0].split(2);
  EXPECT_EQ(part.events(), 2u);
  EXPECT_EQ(sinks[0].events(), 3u);
  part.settle(Verdict::delivered);
  EXPECT_THAT(moves, IsEmpty());
  Ack rest = sinks[0].split(3);
  rest.settle(Verdict::dead_lettered);
  EXPECT_THAT(moves, ElementsAre(10u));
  EXPECT_EQ(totals_of(counters).delivered, 2u);
  EXPECT_EQ(totals_of(counters).dead_lettered, 3u);
}

TEST_F(TicketTest, SpooledEventsMoveThePositionAndCountAsWaiting) {
  batch(10, 5, 1)[0].settle(Verdict::spooled);
  EXPECT_THAT(moves, ElementsAre(10u));
  SinkCounters sink;
  SpoolTotals spool;
  sink.spooled_events.set(5);
  spool.count(sink);
  const Totals totals = totals_of(counters, spool);
  EXPECT_EQ(totals.delivered, 0u);
  EXPECT_EQ(totals.spooled, 5u);
  EXPECT_FALSE(totals.all_well()) << "they are not at the destination";
}

TEST_F(TicketTest, WhatAnEarlierRunSpooledIsCountedOnBothSides) {
  SinkCounters sink;
  sink.recovered.add(7);
  sink.spooled_events.set(2);
  sink.late_dead_lettered.add(1);
  SpoolTotals spool;
  spool.count(sink);
  const Totals totals = totals_of(counters, spool);
  EXPECT_EQ(totals.recovered, 7u);
  EXPECT_EQ(totals.delivered, 4u);
  EXPECT_EQ(totals.spooled, 2u);
  EXPECT_EQ(totals.dead_lettered, 1u);
  EXPECT_EQ(totals.in_flight(), 0u);
}

TEST_F(TicketTest, WhatTwoSinksSayOfTheSameEventsCountsOnce) {
  batch(10, 5, 1)[0].settle(Verdict::spooled);
  SinkCounters first, second;
  first.spooled_events.set(5);
  second.late_dead_lettered.add(2);
  SpoolTotals spool;
  spool.count(first);
  spool.count(second);
  const Totals totals = totals_of(counters, spool);
  EXPECT_EQ(totals.dead_lettered, 2u);
  EXPECT_EQ(totals.spooled, 3u);
  EXPECT_EQ(totals.delivered, 0u);
}

TEST_F(TicketTest, AStreamIsSettledWhenItHasEndedAndEveryBatchHasAVerdict) {
  int told = 0;
  acks->on_settled = [&] { ++told; };
  std::vector<Ack> first = batch(10, 1, 1), second = batch(20, 1, 1);
  first[0].settle(Verdict::delivered);
  EXPECT_EQ(told, 0);
  acks->ended = true;
  EXPECT_FALSE(acks->settled());
  second[0].settle(Verdict::undelivered);
  EXPECT_TRUE(acks->settled());
  EXPECT_EQ(told, 1);
  EXPECT_EQ(acks->undelivered, 1u);
}

}  // namespace
}  // namespace penstock
