// When requests are made: the schedule of retries, the limit of concurrency, the breaker, pauses.
#include "runtime/delivery/destination.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

using namespace std::chrono_literals;

TEST(RetrySchedule, WaitsBetweenItsLeastAndADoublingBound) {
  RetrySchedule schedule(250ms, 30s, 7);
  const struct {
    std::uint32_t failures;
    std::chrono::milliseconds most;
  } rows[] = {{1, 500ms}, {2, 1s}, {3, 2s}, {6, 16s}, {7, 30s}, {40, 30s}, {4'000'000'000, 30s}};
  for (const auto& row : rows) {
    std::chrono::milliseconds longest{0};
    for (int i = 0; i < 500; ++i) {
      const auto delay = schedule.delay(row.failures);
      EXPECT_GE(delay, 250ms);
      EXPECT_LE(delay, row.most);
      longest = std::max(longest, delay);
    }
    EXPECT_GT(longest, row.most * 3 / 4) << "full jitter";
  }
}

TEST(RetrySchedule, KeepsToRetryAfterWithinAnHourAndToItsOwnLeast) {
  RetrySchedule schedule(250ms, 30s, 7);
  EXPECT_GE(schedule.delay(1, 0ms), 250ms);
  EXPECT_EQ(schedule.delay(1, 90s), 90s);
  EXPECT_EQ(schedule.delay(1, 48h), 1h);
  EXPECT_GE(schedule.delay(1, -5s), 250ms);
}

class ConcurrencyLimitTest : public ::testing::Test {
 protected:
  void rounds(int count, std::chrono::microseconds latency, bool busy = true) {
    for (int round = 0; round < count; ++round) {
      const int answers = limit.current();
      for (int i = 0; i < answers; ++i) {
        limit.on_send(busy ? answers : 1);
        limit.on_success(latency);
      }
    }
  }
  ConcurrencyLimit limit{8};
};

TEST_F(ConcurrencyLimitTest, GrowsByOneARoundUpToItsMost) {
  EXPECT_EQ(limit.current(), 2);
  rounds(3, 20ms);
  EXPECT_EQ(limit.current(), 5);
  rounds(20, 20ms);
  EXPECT_EQ(limit.current(), 8);
}

TEST_F(ConcurrencyLimitTest, DoesNotGrowWhenItIsNotReached) {
  rounds(20, 20ms, false);
  EXPECT_EQ(limit.current(), 2);
}

TEST_F(ConcurrencyLimitTest, HalvesWhenLatencyIsFarAboveTheBest) {
  rounds(20, 20ms);
  rounds(1, 45ms);
  EXPECT_EQ(limit.current(), 8) << "somewhat slower";
  rounds(1, 200ms);
  EXPECT_EQ(limit.current(), 4);
}

TEST_F(ConcurrencyLimitTest, TakesADestinationThatStaysSlowerAsItIs) {
  rounds(20, 20ms);
  rounds(62, 300ms);
  EXPECT_EQ(limit.current(), 1);
  rounds(10, 300ms);
  EXPECT_EQ(limit.current(), 8);
}

TEST_F(ConcurrencyLimitTest, HalvesOnceForWhatFailsTogether) {
  rounds(20, 20ms);
  for (int i = 0; i < 8; ++i) limit.on_failure(100ms, 200ms);
  EXPECT_EQ(limit.current(), 4);
  limit.on_failure(200ms, 300ms);
  limit.on_failure(300ms, 400ms);
  limit.on_failure(400ms, 500ms);
  EXPECT_EQ(limit.current(), 1);
}

TEST(CircuitBreaker, OpensAtFailuresInARow) {
  CircuitBreaker breaker(3);
  for (int i = 0; i < 2; ++i) breaker.on_failure();
  breaker.on_success();
  for (int i = 0; i < 2; ++i) breaker.on_failure();
  EXPECT_FALSE(breaker.open());
  breaker.on_failure();
  EXPECT_TRUE(breaker.open());
  EXPECT_EQ(breaker.failures_open(), 1u);
  breaker.on_success();
  EXPECT_FALSE(breaker.open());
}

class DestinationTest : public ::testing::Test {
 protected:
  DeliveryOptions options;
  SinkCounters counters;
  TroubleNotice notice;
  std::vector<std::string> told;
  Destination destination{options, counters, notice, [this](const std::string& text) { told.push_back(text); }, 1};
  Answer failure{Outcome::transient, "HTTP 503", {}};
};

TEST_F(DestinationTest, WhatWasUnderWayWhenItWentDownCountsOnce) {
  for (int i = 0; i < 5; ++i) destination.on_transient(0ms, 100ms, failure, 1);
  EXPECT_TRUE(destination.in_trouble());
  const auto opens_at = destination.opens_at();
  for (int i = 0; i < 20; ++i) destination.on_transient(0ms, 150ms, failure, 1);
  EXPECT_EQ(destination.opens_at(), opens_at);
  EXPECT_EQ(destination.allowed(opens_at - 1ms), 0);
  EXPECT_EQ(destination.allowed(opens_at), 1);
}

TEST_F(DestinationTest, APauseEndsWithARequestThatWasSentInIt) {
  destination.on_configuration(100ms, {Outcome::configuration, "HTTP 401", {}});
  EXPECT_EQ(destination.allowed(30s), 0);
  EXPECT_EQ(destination.allowed(31s), 1);
  destination.on_delivered(50ms, 200ms, 150ms);
  EXPECT_TRUE(destination.in_trouble()) << "sent before";
  destination.on_delivered(31s, 32s, 1s);
  EXPECT_FALSE(destination.in_trouble());
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[1], "delivers again, after 31s");
}

TEST_F(DestinationTest, AskingForNoTimeDoesNotTurnBackoffOff) {
  failure.retry_after = 0ms;
  std::chrono::milliseconds now{100};
  for (int i = 0; i < 40; ++i) {
    destination.on_transient(now - 1ms, now, failure, 1);
    now = std::max(now, destination.opens_at()) + 1ms;
  }
  EXPECT_GT(now, 1min);
}

TEST_F(DestinationTest, ALongWaitThatIsAskedForIsToldAndSeenAndEnds) {
  failure.retry_after = 10min;
  destination.on_transient(100ms, 110ms, failure, 1);
  EXPECT_EQ(counters.state.load(), SinkState::retrying);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0], "the destination asks to wait 10m 0s, nothing is sent until then: HTTP 503");
  destination.on_transient(100ms, 120ms, failure, 1);
  EXPECT_EQ(told.size(), 1u);
  destination.on_delivered(90ms, 130ms, 40ms);
  EXPECT_EQ(destination.allowed(140ms), 0) << "sent before";
  destination.on_delivered(105ms, 150ms, 45ms);
  EXPECT_GT(destination.allowed(150ms), 0);
  EXPECT_EQ(counters.state.load(), SinkState::ok);
  EXPECT_EQ(told.size(), 2u);
}

TEST_F(DestinationTest, AWaitThatIsOverIsNoTrouble) {
  failure.retry_after = 10s;
  destination.on_transient(100ms, 110ms, failure, 1);
  EXPECT_EQ(counters.state.load(), SinkState::retrying);
  destination.on_send(1, destination.opens_at());
  EXPECT_EQ(counters.state.load(), SinkState::ok);
  EXPECT_TRUE(told.empty());
}

TEST_F(DestinationTest, ARefusalOfEventsIsASignOfLifeToo) {
  for (int i = 0; i < 5; ++i) destination.on_transient(0ms, 100ms, failure, 1);
  destination.on_data(1min);
  EXPECT_EQ(counters.state.load(), SinkState::ok);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_NE(told[1].find("answers again"), std::string::npos);
}

TEST_F(DestinationTest, WorkersSayItOnceTogether) {
  SinkCounters other_counters;
  Destination other(options, other_counters, notice, [this](const std::string& text) { told.push_back(text); }, 2);
  destination.on_configuration(100ms, {Outcome::configuration, "HTTP 401", {}});
  other.on_configuration(200ms, {Outcome::configuration, "HTTP 401", {}});
  EXPECT_EQ(told.size(), 1u);
  destination.on_delivered(31s, 32s, 1s);
  EXPECT_EQ(told.size(), 1u);
  other.on_delivered(31s, 32s, 1s);
  EXPECT_EQ(told.size(), 2u);
}

TEST(DeliveryOptions, DecidesByTheStateDirectoryWhatFullMeans) {
  const struct {
    ValueMap options;
    const char* state;
    OnFull on_full;
    bool spools;
  } rows[] = {
      {{}, "", OnFull::block, false},
      {{}, "/state", OnFull::spool, true},
      {{{"on_full", "block"}}, "/state", OnFull::block, false},
      {{{"on_full", "drop"}}, "", OnFull::drop, false},
      {{{"buffer_type", "disk"}}, "/state", OnFull::block, true},
      {{{"buffer_type", "disk"}, {"on_full", "drop"}}, "/state", OnFull::drop, true},
  };
  for (const auto& row : rows) {
    const Result<DeliveryOptions> options = DeliveryOptions::from(Value(row.options), row.state);
    ASSERT_TRUE(options.ok());
    EXPECT_EQ(options.value().on_full, row.on_full);
    EXPECT_EQ(options.value().spools(), row.spools);
  }
}

TEST(DeliveryOptions, ASpoolNeedsAStateDirectory) {
  for (const ValueMap& options : {ValueMap{{"on_full", "spool"}}, ValueMap{{"buffer_type", "disk"}}}) {
    const Result<DeliveryOptions> made = DeliveryOptions::from(Value(options), "");
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(made.status().code(), Code::invalid);
    EXPECT_NE(made.status().text().find("--state"), std::string::npos);
  }
}

TEST(DeliveryOptions, ASpoolTakesTwoBatches) {
  const ValueMap options{{"buffer_type", "disk"}, {"buffer_max_bytes", std::int64_t{1} << 20}, {"batch_bytes", std::int64_t{1} << 20}};
  const Result<DeliveryOptions> made = DeliveryOptions::from(Value(options), "/state");
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.status().code(), Code::invalid);
  EXPECT_EQ(made.status().text(), "the spool's bound of 1.0 MiB is less than two batches of 1.0 MiB");
}

TEST(DeliveryOptions, TheBoundIsThatOfTheBuffersKind) {
  const auto memory = DeliveryOptions::from(Value(ValueMap{{"buffer_max_bytes", std::int64_t{1} << 20}, {"spool_max_bytes", std::int64_t{1} << 30}}), "/state");
  EXPECT_EQ(memory.value().memory_bytes_max, 1u << 20);
  EXPECT_EQ(memory.value().spool_bytes_max, 1u << 30);
  const auto disk = DeliveryOptions::from(Value(ValueMap{{"buffer_type", "disk"}, {"buffer_max_bytes", std::int64_t{1} << 31}}), "/state");
  EXPECT_EQ(disk.value().memory_bytes_max, 64u << 20);
  EXPECT_EQ(disk.value().spool_bytes_max, std::uint64_t{1} << 31);
}

}  // namespace
}  // namespace penstock
