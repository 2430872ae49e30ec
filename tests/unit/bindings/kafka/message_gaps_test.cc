#include "bindings/kafka/message_gaps.h"

#include <gtest/gtest.h>

namespace penstock::kafka {
namespace {

const PartitionId id{"t", 0}, other{"t", 1};

TEST(MessageGaps, WhatLiesBeforeTheFirstMessageThatIsThereIsLost) {
  MessageGaps gaps;
  gaps.note(id, 100, 250);
  ASSERT_EQ(gaps.partitions().size(), 1u);
  const auto losses = gaps.losses({{id, 250}});
  ASSERT_EQ(losses.size(), 1u);
  EXPECT_EQ(losses[0].from, 100);
  EXPECT_EQ(losses[0].messages, 150);
  EXPECT_TRUE(gaps.empty());
}

TEST(MessageGaps, HolesOfCompactionAreNoLoss) {
  MessageGaps gaps;
  gaps.note(id, 100, 250);
  EXPECT_TRUE(gaps.losses({{id, 3}}).empty());
}

TEST(MessageGaps, WhatWasDeletedSinceWasRead) {
  MessageGaps gaps;
  gaps.note(id, 100, 250);
  EXPECT_EQ(gaps.losses({{id, 900}})[0].messages, 150);
}

TEST(MessageGaps, TheEndOfATransactionIsNotWorthAQuestion) {
  MessageGaps gaps;
  gaps.note(id, 100, 101);
  EXPECT_TRUE(gaps.empty());
}

TEST(MessageGaps, TheFirstGapOfAPartitionIsKept) {
  MessageGaps gaps;
  gaps.note(id, 100, 250);
  gaps.note(id, 300, 400);
  gaps.note(other, 1, 9);
  const auto losses = gaps.losses({{id, 260}, {other, 0}});
  ASSERT_EQ(losses.size(), 1u);
  EXPECT_EQ(losses[0].messages, 150);
}

}  // namespace
}  // namespace penstock::kafka
