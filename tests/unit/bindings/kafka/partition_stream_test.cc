#include "bindings/kafka/partition_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/bindings/kafka/fake_message.h"
#include "tests/unit/bindings/source/source_bench.h"

namespace penstock::kafka {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PartitionStreamTest : public ::testing::Test {
 protected:
  PartitionStreamTest() {
    bench.auto_ack = false;
    events.on_acked = [this](const PartitionStream& moved) { acked.push_back(moved.acked()); };
    events.on_gap = [this](PartitionStream&, std::int64_t expected, std::int64_t found) { gaps.emplace_back(expected, found); };
  }
  PartitionStream& open(std::int64_t offset = 0) { return partition.emplace(bench, settings, events, PartitionId{"orders", 3}, offset); }
  bool give(std::int64_t offset, std::string_view value) { return partition->give(FakeMessage(offset, value)); }
  std::vector<std::string> lines() const { return bench.lines(); }

  testing::SourceBench bench;
  PartitionSettings settings;
  PartitionStream::Events events;
  std::optional<PartitionStream> partition;
  std::vector<std::int64_t> acked;
  std::vector<std::pair<std::int64_t, std::int64_t>> gaps;
};

TEST_F(PartitionStreamTest, GivesMessagesAsLinesOfOneStream) {
  open();
  EXPECT_TRUE(give(0, "one"));
  EXPECT_TRUE(give(1, "two\nthree\n"));
  EXPECT_THAT(lines(), IsEmpty()) << "many are decoded at once";
  partition->commit();
  EXPECT_THAT(lines(), ElementsAre("one", "two", "three"));
  EXPECT_EQ(bench.taken[0]->name, "kafka:orders/3");
}

TEST_F(PartitionStreamTest, IsAckedUpToTheLastMessageThatIsAckedWhole) {
  open(10);
  give(10, "one\ntwo");
  give(11, "three");
  partition->commit();
  EXPECT_FALSE(partition->settled());
  bench.ack_all();
  EXPECT_THAT(acked, ElementsAre(12));
  EXPECT_EQ(partition->acked(), 12);
  EXPECT_TRUE(partition->settled());
}

TEST_F(PartitionStreamTest, WhatItHasTakenIsNotTakenAgain) {
  open(5);
  give(4, "old");
  give(5, "five");
  give(5, "five");
  give(6, "six");
  partition->commit();
  EXPECT_THAT(lines(), ElementsAre("five", "six"));
}

TEST_F(PartitionStreamTest, AMessageWithoutValueIsAckedWithThoseBefore) {
  open();
  give(0, "one");
  give(1, "");
  partition->commit();
  EXPECT_EQ(partition->acked(), 0);
  bench.ack_all();
  EXPECT_THAT(acked, ElementsAre(2));
  partition->give(FakeMessage::without_value(2));
  partition->commit();
  EXPECT_THAT(acked, ElementsAre(2, 3)) << "nothing is under way, so it needs no ack";
}

TEST_F(PartitionStreamTest, TakesNothingWhileThePipelineTakesNothing) {
  open();
  bench.blocked = true;
  EXPECT_FALSE(give(0, "one"));
  EXPECT_EQ(partition->next(), 0);
  bench.blocked = false;
  EXPECT_TRUE(give(0, "one"));
  EXPECT_EQ(partition->next(), 1);
}

TEST_F(PartitionStreamTest, FillsTheRoomThatThereIs) {
  bench.space_bytes = 10;
  open();
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(give(i, "abc"));
  EXPECT_EQ(lines().size(), 4u) << "two in each room of ten bytes";
  partition->commit();
  EXPECT_EQ(lines().size(), 5u);
}

TEST_F(PartitionStreamTest, AMessageThatIsLargerThanTheRoomGoesInPieces) {
  bench.space_bytes = 10;
  open();
  give(0, "one");
  give(1, "a message of many more bytes than there is room for");
  give(2, "two");
  partition->commit();
  EXPECT_THAT(lines(), ElementsAre("one", "a message of many more bytes than there is room for", "two"));
  bench.ack_all();
  EXPECT_EQ(partition->acked(), 3);
}

TEST_F(PartitionStreamTest, WhatCouldGoOnInTheNextMessageIsCommittedWhole) {
  settings.text = MessageText("csv");
  open();
  give(0, "a,b");
  give(1, "c,\"d");
  give(2, "e,f");
  partition->commit();
  EXPECT_THAT(bench.taken[0]->borders, ElementsAre(9u));
}

TEST_F(PartitionStreamTest, TellsWhatIsMissingBetweenMessages) {
  open(5);
  give(5, "five");
  give(9, "nine");
  give(10, "ten");
  EXPECT_THAT(gaps, ElementsAre(std::pair<std::int64_t, std::int64_t>(6, 9)));
}

TEST_F(PartitionStreamTest, BehindSomethingUndeliveredNothingIsAcked) {
  open();
  give(0, "one");
  bench.taken[0]->tally.undelivered = 1;
  partition->commit();
  EXPECT_TRUE(partition->stuck());
  bench.ack_all();
  give(1, "two");
  partition->commit();
  EXPECT_THAT(acked, IsEmpty());
  EXPECT_EQ(partition->acked(), 0);
}

}  // namespace
}  // namespace penstock::kafka
