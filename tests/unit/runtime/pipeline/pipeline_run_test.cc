#include "runtime/pipeline/pipeline_run.h"

#include "tests/unit/runtime/pipeline/pipeline_world.h"

namespace penstock {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::drop_with;
using testing::MemorySinkState;
using testing::MemorySourceState;
using testing::reject_with;
using testing::split_with;

class PipelineRunTest : public testing::PipelineWorld {};

// ---- Counts: read + born = delivered + filtered + sampled out + dropped + dead-lettered + undelivered ----

TEST_F(PipelineRunTest, DeliversWhatNoStageTouchesAsItCame) {
  MemorySinkState& sink = add_sink();
  ASSERT_TRUE(start().ok());
  feed("{\"a\":1}\n{ \"b\" : 2.50 }\n");
  EXPECT_THAT(sink.events, ElementsAre("{\"a\":1}", "{ \"b\" : 2.50 }"));
  EXPECT_EQ(totals().read, 2u);
  EXPECT_EQ(totals().matched, 2u);
  EXPECT_EQ(totals().delivered, 2u);
  EXPECT_EQ(totals().bytes, 23u);
  EXPECT_TRUE(totals().all_well());
}

struct Fate {
  const char* name;
  void (*build)(testing::CallStagePlan::Work& first, testing::CallStagePlan::Work& second, DropCount& drops);
  Totals expected;
};

// Five events: three plain, one with "x", one with "y", and a broken line.
class Counts : public PipelineRunTest, public ::testing::WithParamInterface<Fate> {};

TEST_P(Counts, AddUp) {
  testing::CallStagePlan::Work first, second;
  DropCount drops = DropCount::filtered;
  GetParam().build(first, second, drops);
  if (first) add_stage(first, drops);
  if (second) add_stage(second);
  add_sink();
  ASSERT_TRUE(start().ok());
  feed("{\"a\":1}\n{\"x\":2}\n!broken\n{\"a\":3}\n{\"y\":4}\n{\"a\":5}\n");
  const Totals totals = this->totals();
  const Totals& expected = GetParam().expected;
  EXPECT_EQ(totals.read, 6u);
  EXPECT_EQ(totals.born, expected.born);
  EXPECT_EQ(totals.filtered, expected.filtered);
  EXPECT_EQ(totals.sampled_out, expected.sampled_out);
  EXPECT_EQ(totals.delivered, expected.delivered);
  EXPECT_EQ(totals.dead_lettered, expected.dead_lettered);
  expect_all_accounted_for();
}

Totals totals_of(std::uint64_t born, std::uint64_t filtered, std::uint64_t sampled_out, std::uint64_t delivered, std::uint64_t dead_lettered) {
  Totals out;
  out.born = born;
  out.filtered = filtered;
  out.sampled_out = sampled_out;
  out.delivered = delivered;
  out.dead_lettered = dead_lettered;
  return out;
}

INSTANTIATE_TEST_SUITE_P(
    Paths, Counts,
    ::testing::Values(
        Fate{"NoStage", [](auto&, auto&, auto&) {}, totals_of(0, 0, 0, 5, 1)},
        Fate{"Filtered", [](auto& first, auto&, auto&) { first = drop_with("x"); }, totals_of(0, 1, 0, 4, 1)},
        Fate{"SampledOut", [](auto& first, auto&, auto& drops) { first = drop_with("a"), drops = DropCount::sampled_out; }, totals_of(0, 0, 3, 2, 1)},
        Fate{"AllFiltered", [](auto& first, auto&, auto&) { first = drop_with("{"); }, totals_of(0, 5, 0, 0, 1)},
        Fate{"Rejected", [](auto& first, auto&, auto&) { first = reject_with("x"); }, totals_of(0, 0, 0, 4, 2)},
        Fate{"AllRejected", [](auto& first, auto&, auto&) { first = reject_with("{"); }, totals_of(0, 0, 0, 0, 6)},
        Fate{"RejectedThenFiltered", [](auto& first, auto& second, auto&) { first = reject_with("x"), second = drop_with("y"); },
             totals_of(0, 1, 0, 3, 2)},
        Fate{"OneBecomesThree", [](auto& first, auto&, auto&) { first = split_with("x", 3); }, totals_of(2, 0, 0, 7, 1)},
        Fate{"OneBecomesOne", [](auto& first, auto&, auto&) { first = split_with("x", 1); }, totals_of(0, 0, 0, 5, 1)},
        Fate{"OneBecomesNone", [](auto& first, auto&, auto&) { first = split_with("x", 0); }, totals_of(0, 1, 0, 4, 1)},
        Fate{"BornOnesAreFiltered", [](auto& first, auto& second, auto&) { first = split_with("x", 3), second = drop_with("born"); },
             totals_of(2, 3, 0, 4, 1)},
        Fate{"BornOnesAreRejected", [](auto& first, auto& second, auto&) { first = split_with("x", 3), second = reject_with("born"); },
             totals_of(2, 0, 0, 4, 4)}),
    [](const ::testing::TestParamInfo<Fate>& test) { return std::string(test.param.name); });

TEST_F(PipelineRunTest, BirthsMayOutgrowABatch) {
  add_stage(split_with("x", 3000));
  MemorySinkState& sink = add_sink();
  ASSERT_TRUE(start().ok());
  feed("{\"a\":1}\n{\"x\":1}\n{\"a\":2}\n");
  EXPECT_EQ(sink.events.size(), 3002u);
  EXPECT_EQ(sink.events.back(), "{\"a\":2}");
  EXPECT_EQ(totals().born, 2999u);
  expect_all_accounted_for();
}

TEST_F(PipelineRunTest, AnInvalidEventNeverReachesASink) {
  MemorySinkState& sink = add_sink();
  keep_letters();
  ASSERT_TRUE(start().ok());
  feed("{\"a\":1}\n{\"a\":tru}\n{\"a\":3}\n");
  EXPECT_THAT(sink.events, ElementsAre("{\"a\":1}", "{\"a\":3}"));
  ASSERT_EQ(letters().size(), 1u);
  EXPECT_EQ(letters()[0].reason, "json: expected a value at byte 5");
  EXPECT_EQ(letters()[0].offset, 8u);
  expect_all_accounted_for();
}

TEST_F(PipelineRunTest, ASourceMaySayWhatALettersPlaceIsCalled) {
  add_sink();
  keep_letters();
  source().locate = [](std::uint64_t offset) { return 1000 + offset; };
  ASSERT_TRUE(start().ok());
  feed("{\"a\":1}\n!broken\n{\"a\":tru}\n");
  ASSERT_EQ(letters().size(), 2u);
  EXPECT_EQ(letters()[0].offset, 1008u);
  EXPECT_EQ(letters()[1].offset, 1016u);
  EXPECT_THAT(messages.front(), HasSubstr("memory, offset 1008: "));
}

TEST_F(PipelineRunTest, ASourceMayAskTheSinksNotToWait) {
  MemorySinkState& sink = add_sink();
  ASSERT_TRUE(start().ok());
  const int before = sink.flushes;
  source().context->flush_sinks();
  EXPECT_EQ(sink.flushes, before + 1);
}

TEST_F(PipelineRunTest, AStreamsTallyKnowsWhatTurnedOutToBeInvalid) {
  add_sink();
  keep_letters();
  ASSERT_TRUE(start().ok());
  feed("{\"a\":1}\n{\"a\":tru}\n{\"a\":3}\n");
  EXPECT_EQ(source().stream->tally().events, 2u);
  EXPECT_EQ(source().stream->tally().broken, 1u);
  EXPECT_EQ(source().stream->tally().first_reason, "json: expected a value at byte 5");
  EXPECT_EQ(source().stream->tally().first_offset, 8u);
}

TEST_F(PipelineRunTest, WhatSeveralSinksSayOfAnEventCountsOnce) {
  MemorySinkState& first = add_sink();
  MemorySinkState& second = add_sink();
  first.settle_at_once = second.settle_at_once = false;
  ASSERT_TRUE(start().ok());
  feed("{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");
  EXPECT_EQ(totals().in_flight(), 3u);
  first.settle_some(Verdict::dead_lettered, 1);
  first.settle(Verdict::delivered);
  EXPECT_EQ(totals().in_flight(), 3u);
  second.settle(Verdict::dropped);
  EXPECT_EQ(totals().dead_lettered, 1u);
  EXPECT_EQ(totals().dropped, 2u);
  expect_all_accounted_for();
}

// ---- Routes ----

TEST_F(PipelineRunTest, AnEventTakesTheFirstBranchThatWantsIt) {
  MemorySinkState& first = add_sink(add_branch("x"));
  MemorySinkState& second = add_sink(add_branch("1"));
  MemorySinkState& rest = add_sink(add_branch(""));
  ASSERT_TRUE(start().ok());
  feed("{\"x\":1}\n{\"a\":1}\n{\"a\":2}\n{\"x\":2}\n");
  EXPECT_THAT(first.events, ElementsAre("{\"x\":1}", "{\"x\":2}"));
  EXPECT_THAT(second.events, ElementsAre("{\"a\":1}"));
  EXPECT_THAT(rest.events, ElementsAre("{\"a\":2}"));
  EXPECT_EQ(totals().delivered, 4u);
  expect_all_accounted_for();
}

TEST_F(PipelineRunTest, WithoutAnOtherwiseWhatNoBranchTakesIsFiltered) {
  MemorySinkState& only = add_sink(add_branch("x"));
  ASSERT_TRUE(start().ok());
  feed("{\"x\":1}\n{\"a\":1}\n{\"a\":2}\n");
  EXPECT_THAT(only.events, ElementsAre("{\"x\":1}"));
  EXPECT_EQ(totals().filtered, 2u);
  EXPECT_EQ(source().stream->acked(), source().stream->position());
  expect_all_accounted_for();
}

TEST_F(PipelineRunTest, BranchesHaveStagesOfTheirOwn) {
  Chain& left = add_branch("x");
  add_stage(left, split_with("x", 2));
  MemorySinkState& left_sink = add_sink(left);
  Chain& right = add_branch("");
  add_stage(right, drop_with("2"));
  add_stage(right, reject_with("3"));
  MemorySinkState& right_sink = add_sink(right);
  ASSERT_TRUE(start().ok());
  feed("{\"x\":1}\n{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n{\"x\":2}\n");
  EXPECT_EQ(left_sink.events.size(), 4u);
  EXPECT_THAT(right_sink.events, ElementsAre("{\"a\":1}"));
  EXPECT_EQ(totals().born, 2u);
  EXPECT_EQ(totals().filtered, 1u);
  EXPECT_EQ(totals().dead_lettered, 1u);
  expect_all_accounted_for();
}

TEST_F(PipelineRunTest, AnEventThatAConditionRefusesIsADeadLetterAndNoOtherBranchGetsIt) {
  Chain& first = add_branch("x");
  plan.chain.route->branches[0].condition = std::make_unique<testing::CallStagePlan>([](Batch& batch) {
    reject_with("bad")(batch);
    testing::keep_with("x")(batch);
  });
  MemorySinkState& first_sink = add_sink(first);
  MemorySinkState& rest = add_sink(add_branch(""));
  ASSERT_TRUE(start().ok());
  feed("{\"x\":1}\n{\"bad\":1}\n{\"a\":2}\n");
  EXPECT_THAT(first_sink.events, ElementsAre("{\"x\":1}"));
  EXPECT_THAT(rest.events, ElementsAre("{\"a\":2}"));
  EXPECT_EQ(totals().dead_lettered, 1u);
  expect_all_accounted_for();
}

TEST_F(PipelineRunTest, RoutesNest) {
  Chain& outer = add_branch("x");
  MemorySinkState& one = add_sink(add_branch(outer, "1"));
  MemorySinkState& rest = add_sink(add_branch(""));
  ASSERT_TRUE(start().ok());
  feed("{\"x\":1}\n{\"x\":2}\n{\"a\":1}\n");
  EXPECT_THAT(one.events, ElementsAre("{\"x\":1}"));
  EXPECT_THAT(rest.events, ElementsAre("{\"a\":1}"));
  EXPECT_EQ(totals().filtered, 1u);
  expect_all_accounted_for();
}

TEST_F(PipelineRunTest, ABatchIsAckedWhenTheSinksOfAllItsBranchesHaveAcked) {
  MemorySinkState& left = add_sink(add_branch("x"));
  MemorySinkState& right = add_sink(add_branch(""));
  left.settle_at_once = false;
  ASSERT_TRUE(start().ok());
  feed("{\"x\":1}\n{\"a\":1}\n");
  EXPECT_EQ(right.events.size(), 1u);
  EXPECT_THAT(source().acked, IsEmpty());
  left.settle(Verdict::delivered);
  EXPECT_THAT(source().acked, ElementsAre(16u));
}

// ---- Acks ----

TEST_F(PipelineRunTest, AnEmptiedBatchIsAckedAtOnce) {
  add_stage(drop_with("{"));
  add_sink();
  ASSERT_TRUE(start().ok());
  feed("{}\n{}\n");
  EXPECT_THAT(source().acked, ElementsAre(6u));
}

TEST_F(PipelineRunTest, AcksInAnyOrderMoveThePositionInOrder) {
  MemorySinkState& sink = add_sink();
  sink.settle_at_once = false;
  ASSERT_TRUE(start().ok());
  feed("{\"a\":1}\n");
  feed("{\"a\":2}\n");
  Ack second = std::move(sink.acks[1]);
  sink.acks.pop_back();
  second.settle(Verdict::delivered);
  EXPECT_THAT(source().acked, IsEmpty());
  sink.settle(Verdict::delivered);
  EXPECT_THAT(source().acked, ElementsAre(16u));
}

TEST_F(PipelineRunTest, AnUndeliveredBatchStopsThePosition) {
  MemorySinkState& sink = add_sink();
  sink.settle_at_once = false;
  ASSERT_TRUE(start().ok());
  feed("{\"a\":1}\n");
  feed("{\"a\":2}\n");
  feed("{\"a\":3}\n");
  sink.settle(Verdict::delivered);
  sink.settle(Verdict::undelivered);
  sink.settle(Verdict::delivered);
  EXPECT_THAT(source().acked, ElementsAre(8u));
  EXPECT_EQ(totals().undelivered, 1u);
  EXPECT_FALSE(totals().all_well());
}

// ---- Dead letters ----

TEST_F(PipelineRunTest, ALetterNamesStageReasonAndPlace) {
  add_stage(reject_with("x"));
  add_sink();
  keep_letters();
  ASSERT_TRUE(start().ok());
  feed("{\"a\":1}\n!broken\n{\"x\":1}\n");
  const std::vector<StoredLetter> kept = letters();
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept[0].stage, "parse");
  EXPECT_EQ(kept[0].reason, "broken line");
  EXPECT_EQ(kept[0].raw, "!broken");
  EXPECT_EQ(kept[0].offset, 8u);
  EXPECT_EQ(kept[1].stage, "call at edge.lua:5");
  EXPECT_EQ(kept[1].reason, "holds x");
  EXPECT_EQ(kept[1].raw, "{\"x\":1}");
  EXPECT_EQ(kept[1].source, "memory");
  EXPECT_EQ(kept[1].offset, 16u);
  EXPECT_EQ(kept[1].size, 7u);
}

TEST_F(PipelineRunTest, LettersAreSafeBeforeTheirBatchIsAcked) {
  add_stage(reject_with("x"));
  add_sink();
  keep_letters();
  ASSERT_TRUE(start().ok());
  feed("{\"x\":1}\n");
  EXPECT_THAT(source().acked, ElementsAre(8u));
  EXPECT_EQ(letters().size(), 1u);
}

TEST_F(PipelineRunTest, ABatchWhoseLettersCannotBeKeptIsNotAcked) {
  add_stage(reject_with("x"));
  MemorySinkState& sink = add_sink();
  keep_letters_where_nothing_can_be_written();
  ASSERT_TRUE(start().ok());
  feed("{\"a\":1}\n");
  feed("{\"x\":1}\n{\"a\":2}\n");
  feed("{\"a\":3}\n");
  EXPECT_THAT(source().acked, ElementsAre(8u));
  EXPECT_THAT(sink.events, ElementsAre("{\"a\":1}", "{\"a\":2}", "{\"a\":3}"));
  EXPECT_GE(totals().troubles, 1u);
  EXPECT_THAT(messages, ::testing::Contains(HasSubstr("dead letters cannot be kept")));
  expect_all_accounted_for();
}

TEST_F(PipelineRunTest, OnlyTheFirstLettersAreToldOneByOne) {
  add_stage(reject_with("x"));
  add_sink();
  ASSERT_TRUE(start().ok());
  for (int i = 0; i < 10; ++i) feed("{\"x\":1}\n");
  EXPECT_EQ(messages.size(), 3u);
  EXPECT_EQ(totals().dead_lettered, 10u);
}

// ---- Redaction of dead letters ----

// Takes `secret` out of bytes; one that goes by fields cannot say where it would be in broken ones.
struct Scrubber final : RawScrubber {
  explicit Scrubber(bool by_fields) : fields_only(by_fields) {}
  std::optional<std::string> scrub(ByteView raw) const override {
    if (fields_only) return std::nullopt;
    std::string out(raw);
    for (std::size_t at; (at = out.find("secret")) != std::string::npos;) out.replace(at, 6, "[gone]");
    return out;
  }
  bool fields_only;
};

// Takes the value of `field` out of every event.
testing::CallStagePlan::Work redact_field(const std::string& field) {
  return [field](Batch& batch) {
    for (const std::uint32_t index : batch.live)
      if (batch[index].get_by_name(field).present()) batch[index].set_by_name(field, Slice::text("[gone]"));
  };
}

const std::string secret_event = "{\"x\":1,\"key\":\"secret\"}\n";

class LetterRedaction : public PipelineRunTest {
 protected:
  std::string letter_after(ByteView input) {
    keep_letters();
    EXPECT_TRUE(start().ok());
    feed(input);
    const std::vector<StoredLetter> kept = letters();
    EXPECT_EQ(kept.size(), 1u);
    return kept.empty() ? "" : kept[0].raw + (kept[0].reason.find("its bytes are withheld") == std::string::npos ? "" : "(withheld)");
  }
  Scrubber by_pattern{false}, by_field{true};
};

TEST_F(LetterRedaction, AnEventRefusedBehindRedactIsKeptAsRedacted) {
  add_redact(plan.chain, redact_field("key"), by_field);
  add_stage(reject_with("x"));
  add_sink();
  EXPECT_EQ(letter_after(secret_event), R"({"x":1,"key":"[gone]"})");
}

TEST_F(LetterRedaction, AnEventRefusedBeforeRedactRanIsRedactedFirst) {
  add_stage(reject_with("x"));
  add_redact(plan.chain, redact_field("key"), by_field);
  add_sink();
  EXPECT_EQ(letter_after(secret_event), R"({"x":1,"key":"[gone]"})");
}

TEST_F(LetterRedaction, AnEventRefusedInABranchIsRedactedByItsTrunkToo) {
  add_redact(plan.chain, redact_field("key"), by_field);
  Chain& branch = add_branch("x");
  add_stage(branch, reject_with("x"));
  add_redact(branch, redact_field("other"), by_field);
  add_sink(branch);
  EXPECT_EQ(letter_after("{\"x\":1,\"key\":\"secret\",\"other\":\"secret\"}\n"), R"({"x":1,"key":"[gone]","other":"[gone]"})");
}

TEST_F(LetterRedaction, AnEventRefusedBeforeARouteIsRedactedByEveryBranch) {
  add_stage(reject_with("x"));
  Chain& left = add_branch("x");
  add_redact(left, redact_field("key"), by_field);
  add_sink(left);
  Chain& right = add_branch("");
  add_redact(right, redact_field("other"), by_field);
  add_sink(right);
  EXPECT_EQ(letter_after("{\"x\":1,\"key\":\"secret\",\"other\":\"secret\"}\n"), R"({"x":1,"key":"[gone]","other":"[gone]"})");
}

TEST_F(LetterRedaction, BrokenBytesAreScrubbedByPatterns) {
  add_redact(plan.chain, redact_field("key"), by_pattern);
  add_sink();
  EXPECT_EQ(letter_after("!my secret\n"), "!my [gone]");
}

TEST_F(LetterRedaction, BrokenBytesAreWithheldWhenRulesGoByFields) {
  add_redact(plan.chain, redact_field("key"), by_pattern);
  add_redact(plan.chain, redact_field("key"), by_field);
  add_sink();
  EXPECT_EQ(letter_after("!my secret\n"), "(withheld)");
}

TEST_F(LetterRedaction, AnInvalidEventIsWithheldWhenRulesGoByFields) {
  add_redact(plan.chain, redact_field("key"), by_field);
  add_sink();
  EXPECT_EQ(letter_after("{\"a\":tru,\"key\":\"secret\"}\n"), "(withheld)");
}

TEST_F(LetterRedaction, AnOverLongEventIsScrubbedToo) {
  plan.sources[0].event_bytes_max = 20;
  add_redact(plan.chain, redact_field("key"), by_pattern);
  add_sink();
  EXPECT_THAT(letter_after(secret_event), Not(HasSubstr("secret")));
}

// ---- Backpressure ----

TEST_F(PipelineRunTest, ASinkThatIsNotReadyHoldsFramesAndBlocksTheStream) {
  decode_at_most(1);
  MemorySinkState& sink = add_sink();
  sink.full_after = 2;
  ASSERT_TRUE(start().ok());
  feed("{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n{\"a\":4}\n");
  EXPECT_THAT(sink.events, ElementsAre("{\"a\":1}", "{\"a\":2}"));
  EXPECT_TRUE(source().stream->blocked());
  EXPECT_EQ(source().stream->position(), 16u);

  sink.turn_ready();
  EXPECT_EQ(sink.events.size(), 2u) << "not from inside the sink's own call";
  scheduler.advance(0ms);
  EXPECT_EQ(sink.events.size(), 4u);
  EXPECT_FALSE(source().stream->blocked());
  EXPECT_EQ(source().resumes, 1);
}

TEST_F(PipelineRunTest, ASourceIsResumedOnlyWhenNoFramesAreHeldAnyMore) {
  decode_at_most(1);
  MemorySinkState& sink = add_sink();
  sink.full_after = 1;
  ASSERT_TRUE(start().ok());
  feed("{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");
  sink.full_after = 1;
  sink.turn_ready();
  scheduler.advance(0ms);
  EXPECT_EQ(sink.events.size(), 2u);
  EXPECT_TRUE(source().stream->blocked());
  EXPECT_EQ(source().resumes, 0);
}

TEST_F(PipelineRunTest, EveryFullSinkHasToTurnReady) {
  decode_at_most(1);
  MemorySinkState& first = add_sink();
  MemorySinkState& second = add_sink();
  first.full_after = second.full_after = 1;
  ASSERT_TRUE(start().ok());
  feed("{\"a\":1}\n{\"a\":2}\n");
  first.turn_ready();
  first.context->on_ready();  // says so twice
  scheduler.advance(0ms);
  EXPECT_EQ(first.events.size(), 1u);
  second.turn_ready();
  scheduler.advance(0ms);
  EXPECT_EQ(first.events.size(), 2u);
  EXPECT_EQ(second.events.size(), 2u);
}

TEST_F(PipelineRunTest, IsNotDoneWhileFramesWaitForASink) {
  decode_at_most(1);
  MemorySinkState& sink = add_sink();
  sink.full_after = 1;
  ASSERT_TRUE(start().ok());
  feed("{\"a\":1}\n{\"a\":2}\n{\"a\":3}");
  source().finish();
  scheduler.advance(100ms);
  EXPECT_EQ(done, 0);
  sink.turn_ready();
  scheduler.advance(100ms);
  EXPECT_EQ(sink.events.size(), 3u) << "the last line has no end: the stream's end was remembered";
  EXPECT_EQ(done, 1);
  expect_all_accounted_for();
}

// ---- The end ----

TEST_F(PipelineRunTest, IsDoneOnceWhenItsSourceIsAndSinksAreIdle) {
  MemorySinkState& sink = add_sink();
  sink.settle_at_once = false;
  ASSERT_TRUE(start().ok());
  feed("{\"a\":1}\n");
  source().finish();
  scheduler.advance(100ms);
  EXPECT_EQ(done, 0);
  EXPECT_GT(sink.flushes, 0);
  sink.settle(Verdict::delivered);
  scheduler.advance(100ms);
  EXPECT_EQ(done, 1);
  run->drain();
  scheduler.advance(100ms);
  EXPECT_EQ(done, 1);
  EXPECT_EQ(scheduler.timers(), 0u);
}

TEST_F(PipelineRunTest, WaitsForAllItsSources) {
  MemorySourceState& other = add_source();
  add_sink();
  ASSERT_TRUE(start().ok());
  source().finish();
  source().context->on_finished();  // says so twice
  scheduler.advance(100ms);
  EXPECT_EQ(done, 0);
  other.finish();
  scheduler.advance(100ms);
  EXPECT_EQ(done, 1);
}

TEST_F(PipelineRunTest, ADrainStopsTheSourcesAndDeliversWhatWasRead) {
  MemorySinkState& sink = add_sink();
  sink.settle_at_once = false;
  ASSERT_TRUE(start().ok());
  feed("{\"a\":1}\n");
  run->drain();
  run->drain();
  EXPECT_EQ(source().stops, 1);
  scheduler.advance(100ms);
  EXPECT_EQ(done, 0);
  sink.settle(Verdict::delivered);
  scheduler.advance(100ms);
  EXPECT_EQ(done, 1);
}

TEST_F(PipelineRunTest, ASourceThatFailsEndsAndIsTold) {
  add_sink();
  ASSERT_TRUE(start().ok());
  source().context->on_failed(Status(Code::io, "disk on fire"));
  scheduler.advance(100ms);
  EXPECT_EQ(done, 1);
  EXPECT_THAT(messages, ElementsAre("edge.lua:2: source.memory: disk on fire"));
  EXPECT_EQ(totals().troubles, 1u);
}

TEST_F(PipelineRunTest, LostBytesAreCountedAndTold) {
  add_sink();
  ASSERT_TRUE(start().ok());
  source().context->on_trouble("a.log was truncated", 123);
  EXPECT_EQ(totals().bytes_lost, 123u);
  EXPECT_THAT(messages, ElementsAre("a.log was truncated"));
  EXPECT_FALSE(totals().all_well());
}

TEST_F(PipelineRunTest, ASinkThatCanNeverDeliverAgainStopsThePipeline) {
  decode_at_most(1);
  MemorySinkState& sink = add_sink();
  sink.settle_at_once = false;
  ASSERT_TRUE(start().ok());
  feed("{\"a\":1}\n");
  sink.context->on_fatal("stdout was closed");
  EXPECT_EQ(source().stops, 1);
  EXPECT_TRUE(source().stream->blocked());
  scheduler.advance(100ms);
  EXPECT_EQ(done, 1) << "it does not wait for a sink that will never be idle";
  close();
  EXPECT_EQ(totals().undelivered, 1u);
  EXPECT_THAT(source().acked, IsEmpty());
  expect_all_accounted_for();
}

TEST_F(PipelineRunTest, ACloseSettlesWhatIsOpenAndSaysNoMore) {
  MemorySinkState& sink = add_sink();
  sink.settle_at_once = false;
  ASSERT_TRUE(start().ok());
  feed("{\"a\":1}\n");
  run->drain();
  close();
  EXPECT_TRUE(sink.closed);
  EXPECT_EQ(totals().undelivered, 1u);
  scheduler.advance(1000ms);
  EXPECT_EQ(done, 0);
  expect_all_accounted_for();
}

TEST_F(PipelineRunTest, ASinkThatDoesNotOpenKeepsThePipelineFromReading) {
  MemorySinkState& sink = add_sink();
  sink.opening = Status(Code::denied, "out: permission denied");
  const Status status = start();
  EXPECT_EQ(status.code(), Code::denied);
  EXPECT_EQ(status.text(), "edge.lua:9: sink.memory: out: permission denied");
  EXPECT_EQ(source().context, nullptr);
}

TEST_F(PipelineRunTest, ASourceThatDoesNotStartIsNamed) {
  add_sink();
  source().starting = Status(Code::not_found, "no such file");
  EXPECT_EQ(start().text(), "edge.lua:2: source.memory: no such file");
}

TEST_F(PipelineRunTest, WhatADestinationRefusesIsKeptAsALetterBeforeItIsAcked) {
  add_sink();
  keep_letters();
  ASSERT_TRUE(start().ok());
  EXPECT_EQ(sink_states.front().context->bury("HTTP 413 from https://logs.example.com", std::vector<ByteView>{"{\"a\":1}"}), Verdict::dead_lettered);
  ASSERT_EQ(letters().size(), 1u);
  EXPECT_EQ(letters()[0].raw, "{\"a\":1}");
  EXPECT_THAT(letters()[0].stage, HasSubstr("sink.memory at edge.lua:9"));
  EXPECT_THAT(letters()[0].reason, HasSubstr("413"));
}

TEST_F(PipelineRunTest, ARefusedEventWhoseLetterCannotBeKeptIsNotDoneWith) {
  add_sink();
  keep_letters_where_nothing_can_be_written();
  ASSERT_TRUE(start().ok());
  EXPECT_EQ(sink_states.front().context->bury("HTTP 413", std::vector<ByteView>{"{}"}), Verdict::undelivered);
}

TEST_F(PipelineRunTest, WithoutLettersARefusedEventIsDropped) {
  add_sink();
  plan.keeps_letters = false;
  ASSERT_TRUE(start().ok());
  EXPECT_EQ(sink_states.front().context->bury("HTTP 413", std::vector<ByteView>{"{}"}), Verdict::dropped);
}

TEST_F(PipelineRunTest, ADrainWaitsForSourcesThatStillAnswerButNotForEver) {
  add_sink();
  ASSERT_TRUE(start().ok());
  source().is_winding_down = true;
  run->drain();
  scheduler.advance(1900ms);
  EXPECT_EQ(done, 0);
  scheduler.advance(200ms);
  EXPECT_EQ(done, 1);
}

}  // namespace
}  // namespace penstock
