#include "runtime/pipeline/stream_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/runtime/pipeline/pipeline_world.h"

namespace penstock {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Keeps the batches of one stream; every batch is done with at once.
class StreamRunTest : public ::testing::Test, protected StreamHost {
 protected:
  std::size_t event_bytes_max = 100;

  void open(std::uint64_t offset = 0, std::size_t events_max = Batch::events_max) {
    auto decoder = std::make_unique<testing::LineDecoder>(events_max);
    decoder_ = decoder.get();
    StreamOptions options{"memory", offset, [this](std::uint64_t acked) { moves.push_back(acked); }};
    options.whole = is_whole;
    options.on_decoded = on_decoded;
    stream.emplace(host(), std::move(decoder), std::move(options), event_bytes_max);
  }
  StreamHost& host() { return *this; }
  void feed(ByteView bytes) {
    const std::span<char> space = stream->space();
    ASSERT_GE(space.size(), bytes.size());
    std::memcpy(space.data(), bytes.data(), bytes.size());
    stream->commit(bytes.size());
  }

  void feed_whole(ByteView bytes) {
    const std::span<char> space = stream->space();
    ASSERT_GE(space.size(), bytes.size());
    std::memcpy(space.data(), bytes.data(), bytes.size());
    stream->commit_whole(bytes.size());
  }

  Batch& batch() override { return batch_; }
  void run_batch(const std::string&, std::shared_ptr<StreamAcks> acks, std::uint64_t bytes, std::uint64_t end) override {
    bytes_read += bytes;
    if (batches_until_full > 0 && --batches_until_full == 0) is_ready = false;
    ends.push_back(end);
    for (const std::uint32_t index : batch_.live) events.emplace_back(batch_[index].raw());
    if (on_decoded)
      for (const std::uint32_t index : batch_.live) places.emplace_back(batch_[index].get_by_name("at").view());
    for (const Batch::Broken& piece : batch_.broken) {
      broken.push_back(piece);
      broken_bytes.emplace_back(piece.bytes);
    }
    // One that came whole with its read is refused as an event.
    for (const Rejection& rejection : batch_.rejected) {
      const Event& event = batch_[rejection.event];
      broken.push_back({event.raw(), event.offset, event.size, rejection.reason});
      broken_bytes.emplace_back(event.raw());
    }
    Ticket::make(std::move(acks), end, counters)->release(true);
  }
  bool ready() const override { return is_ready; }
  Buffer take_buffer() override {
    ++buffers_out;
    return Buffer(StreamRun::read_bytes);
  }
  void give_buffer(Buffer) override { --buffers_out; }
  void on_open(StreamRun*) override { ++open_streams; }
  void on_close(StreamRun*) override { --open_streams; }

  Counters counters;
  SlotTable slots;
  Batch batch_{slots};
  testing::LineDecoder* decoder_ = nullptr;
  std::optional<StreamRun> stream;
  bool is_ready = true;
  bool is_whole = false;
  int buffers_out = 0;
  int batches_until_full = 0;  // 0: never
  int open_streams = 0;
  std::uint64_t bytes_read = 0;
  std::vector<std::uint64_t> ends, moves;
  std::vector<std::string> events, broken_bytes;
  std::function<void(Batch&)> on_decoded;
  std::vector<std::string> places;  // what on_decoded set
  std::vector<Batch::Broken> broken;
};

TEST_F(StreamRunTest, JoinsALineThatComesInPieces) {
  open();
  feed("{\"a\"");
  EXPECT_THAT(events, IsEmpty());
  EXPECT_EQ(stream->pending(), 4u);
  EXPECT_EQ(stream->position(), 0u);
  feed(":1}\n{");
  EXPECT_THAT(events, ElementsAre("{\"a\":1}"));
  EXPECT_EQ(stream->pending(), 1u);
  EXPECT_EQ(stream->position(), 8u);
  EXPECT_EQ(stream->acked(), 8u);
}

TEST_F(StreamRunTest, CountsFromWhereItWasTakenUp) {
  open(1000);
  EXPECT_EQ(stream->acked(), 1000u);
  feed("{}\n");
  EXPECT_THAT(moves, ElementsAre(1003u));
}

TEST_F(StreamRunTest, TheEndMakesALastLineWithoutItsEndWhole) {
  open();
  feed("{\"a\":1}");
  stream->end();
  EXPECT_THAT(events, ElementsAre("{\"a\":1}"));
  EXPECT_EQ(stream->pending(), 0u);
  EXPECT_EQ(stream->acked(), 7u);
}

TEST_F(StreamRunTest, AnEndWithNothingPendingGivesNoBatch) {
  open();
  feed("{}\n");
  stream->end();
  EXPECT_THAT(ends, ElementsAre(3u));
}

TEST_F(StreamRunTest, BytesWithoutEventsMoveThePositionToo) {
  open();
  feed("\n\n\n");
  EXPECT_EQ(stream->acked(), 3u);
}

TEST_F(StreamRunTest, AFullHostHoldsFramesUntilItIsResumed) {
  open();
  is_ready = false;
  feed("{\"a\":1}\n{\"a\"");
  EXPECT_TRUE(stream->blocked());
  EXPECT_TRUE(stream->holds_frames());
  EXPECT_THAT(events, IsEmpty());
  EXPECT_EQ(stream->position(), 0u);
  is_ready = true;
  EXPECT_TRUE(stream->blocked()) << "frames are still held";
  stream->resume();
  EXPECT_FALSE(stream->blocked());
  EXPECT_THAT(events, ElementsAre("{\"a\":1}"));
  EXPECT_EQ(stream->position(), 8u);
}

TEST_F(StreamRunTest, DecodesNoFurtherThanTheHostTakes) {
  open(0, 1);
  batches_until_full = 1;
  feed("{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");
  EXPECT_TRUE(stream->holds_frames());
  EXPECT_THAT(events, ElementsAre("{\"a\":1}"));
  is_ready = true;
  stream->resume();
  EXPECT_THAT(events, ElementsAre("{\"a\":1}", "{\"a\":2}", "{\"a\":3}"));
  EXPECT_THAT(ends, ElementsAre(8u, 16u, 24u));
}

TEST_F(StreamRunTest, AnEndWhileFramesAreHeldIsRemembered) {
  open();
  is_ready = false;
  feed("{\"a\":1}\n{\"a\":2}");
  stream->end();
  EXPECT_THAT(events, IsEmpty());
  is_ready = true;
  stream->resume();
  EXPECT_THAT(events, ElementsAre("{\"a\":1}", "{\"a\":2}"));
  EXPECT_FALSE(stream->holds_frames());
}

TEST_F(StreamRunTest, AResumeWithNothingHeldDoesNothing) {
  open();
  feed("{");
  stream->resume();
  EXPECT_THAT(ends, IsEmpty());
}

// An event of 151 bytes and its line end.
std::string long_line() { return "{\"long\":\"" + std::string(140, 'x') + "\"}\n"; }

// However the bytes are cut into reads, an over-long event is one piece and its neighbours survive.
class OverLongEvent : public StreamRunTest, public ::testing::WithParamInterface<std::size_t> {};

TEST_P(OverLongEvent, IsSetAsideAsOnePieceAndItsNeighboursSurvive) {
  open();
  const std::string input = "{\"a\":1}\n" + long_line() + "{\"a\":2}\n" + long_line() + "{\"a\":3}\n";
  for (std::size_t at = 0; at < input.size(); at += GetParam()) feed(ByteView(input).substr(at, GetParam()));
  stream->end();
  EXPECT_THAT(events, ElementsAre("{\"a\":1}", "{\"a\":2}", "{\"a\":3}"));
  ASSERT_EQ(broken.size(), 2u);
  EXPECT_EQ(broken[0].offset, 8u);
  EXPECT_THAT(broken[0].reason, HasSubstr("longer than max_event (100 bytes)"));
  EXPECT_THAT(broken_bytes[0], ::testing::StartsWith("{\"long\":\"xxx"));
  EXPECT_EQ(broken[1].offset, 8u + 152 + 8);
  EXPECT_EQ(bytes_read, input.size());
  EXPECT_EQ(stream->acked(), input.size());
}

INSTANTIATE_TEST_SUITE_P(ReadsOf, OverLongEvent, ::testing::Values(1, 7, 64, 101, 110, 160, 1000),
                         [](const ::testing::TestParamInfo<std::size_t>& test) { return std::to_string(test.param) + "Bytes"; });

TEST_F(StreamRunTest, AnOverLongEventMovesThePositionOnlyWhenItsEndIsFound) {
  open();
  const std::string line = long_line();
  feed("{}\n" + line.substr(0, 120));
  EXPECT_EQ(stream->acked(), 3u);
  feed(line.substr(120));
  EXPECT_EQ(stream->acked(), 3u + line.size());
  EXPECT_EQ(decoder_->resyncs, 1);
}

TEST_F(StreamRunTest, AnOverLongEventThatTheStreamEndsInIsStillSetAside) {
  open();
  const std::string line = long_line();
  feed(line.substr(0, 140));
  stream->end();
  EXPECT_THAT(events, IsEmpty());
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_EQ(broken[0].size, 140u);
  EXPECT_EQ(stream->acked(), 140u);
}

TEST_F(StreamRunTest, KeepsNoMoreThanABoundedHeadOfAnOverLongEvent) {
  open();
  for (int i = 0; i < 3; ++i) feed(std::string(100'000, 'x'));
  feed("\n{}\n");
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_EQ(broken[0].size, 300'001u);
  EXPECT_LE(broken_bytes[0].size(), StreamRun::kept_bytes_max);
  EXPECT_THAT(events, ElementsAre("{}"));
}

TEST_F(StreamRunTest, NothingGoesOnFromWhatIsCommittedWhole) {
  open();
  feed_whole("{\"a\":1}\n{\"b\"");
  EXPECT_THAT(events, ElementsAre("{\"a\":1}", "{\"b\""));
  EXPECT_EQ(decoder_->resyncs, 1);
  EXPECT_EQ(stream->pending(), 0u);
  feed(":2}\n");
  EXPECT_THAT(events, ElementsAre("{\"a\":1}", "{\"b\"", ":2}"));
}

TEST_F(StreamRunTest, WhatIsCommittedWholeIsWholeAfterAWaitToo) {
  open(0, 1);
  batches_until_full = 1;
  feed_whole("{\"a\":1}\n{\"b\"");
  EXPECT_THAT(events, ElementsAre("{\"a\":1}"));
  EXPECT_TRUE(stream->blocked());
  is_ready = true;
  stream->resume();
  EXPECT_THAT(events, ElementsAre("{\"a\":1}", "{\"b\""));
  EXPECT_EQ(decoder_->resyncs, 1);
}

TEST_F(StreamRunTest, AnEventThatIsTooLongEndsWithWhatIsCommittedWhole) {
  event_bytes_max = 10;
  open();
  feed(std::string(20, 'x'));
  feed_whole(std::string(5, 'x'));
  feed("{}\n");
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_EQ(broken[0].size, 25u);
  EXPECT_THAT(events, ElementsAre("{}"));
}

TEST_F(StreamRunTest, ASourceMayLookAtEachBatchFirst) {
  on_decoded = [](Batch& decoded) {
    for (const std::uint32_t index : decoded.live) decoded[index].set_by_name("at", Slice::number(decoded.arena().copy(std::to_string(decoded[index].offset))));
  };
  open();
  feed("{}\n{}\n");
  EXPECT_THAT(places, ElementsAre("0", "3"));
}

TEST_F(StreamRunTest, ItsHostKnowsItWhileItLives) {
  open();
  EXPECT_EQ(open_streams, 1);
  stream.reset();
  EXPECT_EQ(open_streams, 0);
}

TEST_F(StreamRunTest, HoldsNoBufferWhileNothingIsPending) {
  event_bytes_max = 1024 * 1024;
  open();
  feed("{}\n");
  EXPECT_EQ(buffers_out, 0);
  feed("{\"a\"");
  EXPECT_EQ(buffers_out, 0) << "the start of an event waits in memory of its own size";
  feed(":" + std::string(StreamRun::small_bytes, ' '));
  EXPECT_EQ(buffers_out, 1);
  feed("1}\n");
  EXPECT_EQ(buffers_out, 0);
  EXPECT_EQ(events.size(), 2u);
}

TEST_F(StreamRunTest, TalliesWhatCame) {
  open();
  feed("{}\n{}\n" + std::string(100'000, 'x') + "\n");
  EXPECT_EQ(stream->tally().broken, 1u);
  EXPECT_EQ(stream->tally().first_offset, 6u);
  EXPECT_THAT(stream->tally().first_reason, ::testing::HasSubstr("max_event"));
  EXPECT_FALSE(stream->settled());
  stream->end();
  EXPECT_TRUE(stream->settled());
}

TEST_F(StreamRunTest, AnEndWhereTheFormatDoesNotExpectItBreaksAWholeDocument) {
  is_whole = true;
  open();
  feed("{}\n");
  decoder_->why_unfinished = "the array does not end";
  stream->end();
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_EQ(broken[0].reason, "the array does not end");
  EXPECT_EQ(broken[0].offset, 3u);
  EXPECT_EQ(stream->tally().broken, 1u);
  EXPECT_TRUE(stream->settled());
}

TEST_F(StreamRunTest, AnEndInsideAnArrayIsNoMistakeOfAFileThatMayGrow) {
  open();
  feed("{}\n");
  decoder_->why_unfinished = "the array does not end";
  stream->end();
  EXPECT_THAT(broken, IsEmpty());
}

}  // namespace
}  // namespace penstock
