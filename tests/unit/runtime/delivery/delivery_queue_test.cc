#include "runtime/delivery/delivery_queue.h"

#include <gmock/gmock.h>

#include "tests/unit/runtime/delivery/queue_world.h"

namespace penstock::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Lines = std::vector<std::string>;

class DeliveryQueue : public ::testing::Test, public QueueWorld {
 protected:
  DeliveryQueue() { transport.decide = [](const Package&) { return delivered(); }; }
};

TEST_F(DeliveryQueue, AcksWhatTheDestinationTook) {
  push({"a", "b"});
  EXPECT_EQ(verdicts.all(), 0u);
  EXPECT_FALSE(queue->idle());
  advance(1ms);
  EXPECT_THAT(transport.taken, ElementsAre("a\nb\n"));
  EXPECT_EQ(verdicts.of(Verdict::delivered), 2u);
  EXPECT_TRUE(queue->idle());
  EXPECT_EQ(counters.packages.get(), 1u);
  EXPECT_EQ(counters.wire_bytes.get(), 4u);
}

TEST_F(DeliveryQueue, TriesAgainWithTheSameIdForAsLongAsItTakes) {
  int failures = 30;
  transport.decide = [&](const Package&) { return failures-- > 0 ? transient() : delivered(); };
  push({"a"});
  advance(1h);
  EXPECT_EQ(verdicts.of(Verdict::delivered), 1u);
  EXPECT_EQ(transport.sent.size(), 31u);
  EXPECT_EQ(std::set<std::string>(transport.sent_ids.begin(), transport.sent_ids.end()).size(), 1u);
  EXPECT_EQ(counters.transient_failures.get(), 30u);
}

TEST_F(DeliveryQueue, WaitsLongerAfterEachFailureUpToTheBound) {
  transport.decide = [](const Package&) { return transient(); };
  options.retry_min = 100ms;
  options.retry_max = 1s;
  push({"a"});
  advance(60s);
  for (std::size_t i = 1; i < transport.sent_at.size(); ++i) {
    const auto waited = transport.sent_at[i] - transport.sent_at[i - 1];
    EXPECT_GE(waited, 100ms);
    EXPECT_LE(waited, 1s + 2 * transport.latency);
  }
  EXPECT_GT(transport.sent_at.size(), 50u);
  close();
}

TEST_F(DeliveryQueue, KeepsToRetryAfter) {
  bool first = true;
  transport.decide = [&](const Package&) { return std::exchange(first, false) ? Answer{Outcome::transient, "HTTP 429", 7s} : delivered(); };
  push({"a"});
  advance(2ms);
  push({"b"});  // it said so of itself, not of the one request
  advance(6s);
  EXPECT_EQ(transport.sent.size(), 1u);
  advance(2s);
  EXPECT_THAT(transport.taken, ElementsAre("a\n", "b\n"));
}

TEST_F(DeliveryQueue, ARetryIsOvertakenUnlessOrdered) {
  for (const bool ordered : {false, true}) {
    QueueWorld world;
    world.options.ordered = ordered;
    bool first = true;
    world.transport.decide = [&](const Package&) { return std::exchange(first, false) ? transient() : delivered(); };
    for (const char* line : {"a", "b", "c"}) world.push({line});
    world.advance(10s);
    if (ordered) {
      EXPECT_THAT(world.transport.taken, ElementsAre("a\n", "b\n", "c\n"));
    } else {
      EXPECT_THAT(world.transport.taken, ElementsAre("b\n", "c\n", "a\n"));
    }
  }
}

TEST_F(DeliveryQueue, OneRequestAtATimeWhenOrdered) {
  options.ordered = true;
  transport.decide = nullptr;
  push({"a"});
  push({"b"});
  EXPECT_EQ(transport.in_flight(), 1u);
}

TEST_F(DeliveryQueue, AllowsMoreRequestsAsTheyAreAnsweredWell) {
  for (int i = 0; i < 300; ++i) push({std::to_string(i)});
  EXPECT_EQ(transport.in_flight(), 2u);
  std::size_t most = 0;
  for (int i = 0; i < 60; ++i) {
    advance(1ms);
    most = std::max(most, transport.in_flight());
  }
  EXPECT_EQ(most, 8u);
  advance(1s);
  EXPECT_EQ(verdicts.of(Verdict::delivered), 300u);
}

TEST_F(DeliveryQueue, OneRequestAtATimeFindsOutWhenADestinationIsBack) {
  transport.decide = [](const Package&) { return transient("connection refused"); };
  for (int i = 0; i < 50; ++i) push({std::to_string(i)});
  advance(2min);
  EXPECT_EQ(counters.state.load(), SinkState::retrying);
  EXPECT_LE(transport.in_flight(), 1u);
  EXPECT_LT(transport.sent.size(), 40u);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_THAT(messages[0], HasSubstr("connection refused"));
  transport.decide = [](const Package&) { return delivered(); };
  advance(1min);
  EXPECT_EQ(verdicts.of(Verdict::delivered), 50u);
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_THAT(messages[1], HasSubstr("delivers again"));
}

TEST_F(DeliveryQueue, PausesUntilSomebodyMendsItAndSaysSoOnce) {
  transport.decide = [](const Package&) { return configuration("HTTP 401: bad token"); };
  for (int i = 0; i < 10; ++i) push({std::to_string(i)});
  advance(10min);
  EXPECT_EQ(counters.state.load(), SinkState::paused);
  EXPECT_LE(transport.sent.size(), 2u + 20u);
  EXPECT_EQ(verdicts.all(), 0u);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_THAT(messages[0], HasSubstr("HTTP 401: bad token"));
  transport.decide = [](const Package&) { return delivered(); };
  advance(31s);
  EXPECT_EQ(verdicts.of(Verdict::delivered), 10u);
  EXPECT_EQ(messages.size(), 2u);
}

TEST_F(DeliveryQueue, HalvesWhatIsRefusedUntilTheCulpritStandsAlone) {
  transport.decide = [](const Package& package) { return package.body.view().find("bad") == ByteView::npos ? delivered() : refused("HTTP 400: no"); };
  push({"a", "b", "c", "bad", "d", "e", "f"});
  advance(1s);
  EXPECT_EQ(verdicts.of(Verdict::delivered), 6u);
  EXPECT_EQ(verdicts.of(Verdict::dead_lettered), 1u);
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].first, "HTTP 400: no");
  EXPECT_EQ(letters[0].second, "bad");
  std::string all;
  for (const std::string& body : transport.taken) all += body;
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, "\n\n\n\n\n\nabcdef");
  EXPECT_TRUE(queue->idle());
}

TEST_F(DeliveryQueue, HalvesKeepTheOrder) {
  options.ordered = true;
  transport.decide = [](const Package& package) { return package.events() == 1 ? delivered() : refused(); };
  push({"1", "2", "3", "4", "5"});
  push({"6", "7"});
  advance(1s);
  EXPECT_THAT(transport.taken, ElementsAre("1\n", "2\n", "3\n", "4\n", "5\n", "6\n", "7\n"));
}

TEST_F(DeliveryQueue, WhatCannotBeKeptAsALetterIsTriedAgainLater) {
  transport.decide = [](const Package&) { return refused(); };
  burial = Verdict::undelivered;
  push({"a"});
  advance(1s);
  EXPECT_EQ(verdicts.all(), 0u);
  EXPECT_EQ(counters.state.load(), SinkState::paused);
  burial = Verdict::dead_lettered;
  advance(31s);
  EXPECT_EQ(verdicts.of(Verdict::dead_lettered), 1u);
}

TEST_F(DeliveryQueue, GivesUpAfterMaxAttemptsWhenTheScriptSaysSo) {
  transport.decide = [](const Package&) { return transient("HTTP 500"); };
  options.max_attempts = 3;
  push({"a", "b"});
  advance(10s);
  EXPECT_EQ(transport.sent.size(), 3u);
  EXPECT_EQ(verdicts.of(Verdict::dead_lettered), 2u);
  ASSERT_EQ(letters.size(), 2u);
  EXPECT_EQ(letters[0].first, "given up after 3 tries: HTTP 500");
  EXPECT_EQ(letters[1].second, "b");
}

TEST_F(DeliveryQueue, BlocksAtItsBoundAndSaysWhenThereIsRoom) {
  transport.decide = nullptr;
  options.memory_bytes_max = 2000;
  push({std::string(400, 'x')});
  EXPECT_TRUE(queue->ready());
  push({std::string(600, 'x')});
  EXPECT_FALSE(queue->ready());
  transport.answer(delivered());
  advance(0ms);
  EXPECT_TRUE(queue->ready());
  EXPECT_EQ(readies, 1);
  close();
}

TEST_F(DeliveryQueue, DropsTheNewestAtItsBoundWhenTold) {
  transport.decide = nullptr;
  options.memory_bytes_max = 1000;
  options.on_full = OnFull::drop;
  push({std::string(600, 'x')});
  push({"b", "c"});
  EXPECT_TRUE(queue->ready());
  EXPECT_EQ(verdicts.of(Verdict::dropped), 2u);
  EXPECT_EQ(counters.dropped.get(), 2u);
  push({"d"});
  EXPECT_EQ(messages.size(), 1u);
  transport.answer(delivered());
  advance(0ms);
  EXPECT_THAT(messages.back(), HasSubstr("3 events were dropped"));
  push({"e"});
  EXPECT_EQ(verdicts.of(Verdict::dropped), 3u);
  close();
}

TEST_F(DeliveryQueue, WhatIsLeftAtTheEndIsUndelivered) {
  transport.decide = nullptr;
  push({"a"});
  push({"b"});
  push({"c", "d"});
  transport.answer(delivered());
  close();
  EXPECT_EQ(verdicts.of(Verdict::delivered), 1u);
  EXPECT_EQ(verdicts.of(Verdict::undelivered), 3u);
  EXPECT_EQ(transport.given_up, 1);
  EXPECT_EQ(scheduler.timers(), 0u);
}

// ---- A destination that answers for each entry ----

Answer in_part(Outcome outcome, std::vector<EntryFailure> failures) {
  Answer answer{outcome, "in part"};
  answer.failures = std::move(failures);
  return answer;
}

TEST_F(DeliveryQueue, BuriesOnlyTheEntriesThatAreRefusedWithTheirOwnReasons) {
  transport.decide = [](const Package&) { return in_part(Outcome::delivered, {{1, Outcome::data, "too large"}, {3, Outcome::data, "no time"}}); };
  push({"a", "b", "c", "d"});
  advance(1ms);
  EXPECT_EQ(transport.sent.size(), 1u) << "nothing is sent again";
  EXPECT_THAT(letters, ElementsAre(std::pair<std::string, std::string>("too large", "b"), std::pair<std::string, std::string>("no time", "d")));
  EXPECT_EQ(verdicts.of(Verdict::delivered), 2u);
  EXPECT_EQ(verdicts.of(Verdict::dead_lettered), 2u);
  EXPECT_EQ(counters.plain_bytes.get(), 2u);
  EXPECT_TRUE(queue->idle());
}

TEST_F(DeliveryQueue, SendsOnlyTheEntriesAgainThatWereNotTaken) {
  bool first = true;
  transport.decide = [&](const Package&) {
    return std::exchange(first, false) ? in_part(Outcome::transient, {{0, Outcome::transient, "later"}, {2, Outcome::transient, "later"}}) : delivered();
  };
  push({"a", "b", "c"});
  advance(1ms);
  EXPECT_EQ(verdicts.of(Verdict::delivered), 1u);
  EXPECT_EQ(counters.queued_events.get(), 2u);
  advance(1h);
  EXPECT_THAT(transport.sent, ElementsAre("a\nb\nc\n", "a\nc\n"));
  EXPECT_NE(transport.sent_ids[0], transport.sent_ids[1]);
  EXPECT_EQ(verdicts.of(Verdict::delivered), 3u);
  EXPECT_EQ(counters.delivered.get(), 3u);
}

TEST_F(DeliveryQueue, PausesForEntriesThatSomebodyHasToMendAndDeliversTheRest) {
  options.pause = 30s;
  bool mended = false;
  transport.decide = [&](const Package& package) {
    return mended || package.events() == 0 ? delivered()
                                           : in_part(Outcome::configuration, {{package.events() - 1, Outcome::configuration, "no such topic"}});
  };
  push({"a", "b"});
  advance(1ms);
  EXPECT_EQ(verdicts.of(Verdict::delivered), 1u);
  EXPECT_EQ(counters.state.load(), SinkState::paused);
  mended = true;
  advance(31s);
  EXPECT_EQ(verdicts.of(Verdict::delivered), 2u);
  EXPECT_EQ(counters.state.load(), SinkState::ok);
}

TEST_F(DeliveryQueue, GivesUpOnTheRestAtTheBoundOfAttempts) {
  options.max_attempts = 2;
  transport.decide = [](const Package& package) { return in_part(Outcome::transient, {{package.events() - 1, Outcome::transient, "later"}}); };
  push({"a", "b"});
  advance(1h);
  EXPECT_EQ(verdicts.of(Verdict::delivered), 1u);
  EXPECT_EQ(verdicts.of(Verdict::dead_lettered), 1u);
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_THAT(letters[0].first, HasSubstr("given up after 2 tries"));
}

TEST_F(DeliveryQueue, KeepsWhatCannotBeBuriedUntilItCan) {
  burial = Verdict::undelivered;
  transport.decide = [](const Package& package) { return in_part(Outcome::delivered, {{package.events() - 1, Outcome::data, "too large"}}); };
  push({"a", "b"});
  advance(1ms);
  EXPECT_EQ(verdicts.of(Verdict::delivered), 1u);
  EXPECT_EQ(counters.queued_events.get(), 1u);
  burial = Verdict::dead_lettered;
  advance(1min);
  EXPECT_EQ(verdicts.of(Verdict::dead_lettered), 1u);
  EXPECT_TRUE(queue->idle());
}

TEST_F(DeliveryQueue, AcksOfSeveralBatchesGetTheVerdictsOfTheirOwnEntries) {
  Verdicts first, second;
  std::vector<Ack> acks;
  acks.emplace_back(&first, 3);
  acks.emplace_back(&second, 2);
  std::vector<std::pair<Ack, Verdict>> settled = take_settled(acks, {Verdict::delivered, std::nullopt, Verdict::delivered, Verdict::dead_lettered, Verdict::delivered});
  for (auto& [ack, verdict] : settled) ack.settle(verdict);
  EXPECT_EQ(first.of(Verdict::delivered), 2u);
  EXPECT_EQ(second.of(Verdict::dead_lettered), 1u);
  EXPECT_EQ(second.of(Verdict::delivered), 1u);
  ASSERT_EQ(acks.size(), 1u);
  EXPECT_EQ(acks[0].events(), 1u);
  acks[0].settle(Verdict::delivered);
  EXPECT_EQ(first.all(), 3u);
}

}  // namespace
}  // namespace penstock::testing
