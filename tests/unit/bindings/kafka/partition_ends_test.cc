#include "bindings/kafka/partition_ends.h"

#include <gtest/gtest.h>

namespace penstock::kafka {
namespace {

const PartitionId first{"t", 0}, second{"t", 1};

TEST(PartitionEnds, AreAllPassedWhenTheLastOneIs) {
  PartitionEnds ends;
  ends.set({{first, 10}, {second, 5}});
  ends.begin_at({first, 0});
  ends.begin_at({second, 3});
  EXPECT_FALSE(ends.pass(first, 9));
  EXPECT_FALSE(ends.pass(first, 10));
  EXPECT_FALSE(ends.all_passed());
  EXPECT_TRUE(ends.pass(second, 7)) << "the last offsets before an end may be no messages";
  EXPECT_TRUE(ends.all_passed());
  EXPECT_FALSE(ends.pass(second, 8)) << "said once";
}

TEST(PartitionEnds, APartitionThatBeginsAtItsEndIsNotWaitedFor) {
  PartitionEnds ends;
  ends.set({{first, 10}, {second, 0}});
  ends.begin_at({first, 10});
  ends.begin_at({second, 0});
  EXPECT_TRUE(ends.all_passed());
}

TEST(PartitionEnds, OneThatIsReadAgainIsWaitedForAgain) {
  PartitionEnds ends;
  ends.set({{first, 10}});
  ends.begin_at({first, 0});
  EXPECT_TRUE(ends.pass(first, 10));
  ends.begin_at({first, 4});
  EXPECT_FALSE(ends.all_passed());
  EXPECT_TRUE(ends.pass(first, 10));
}

TEST(PartitionEnds, WhatCameLaterIsBeyond) {
  PartitionEnds ends;
  EXPECT_FALSE(ends.is_beyond(first, 1'000'000)) << "there are no ends";
  ends.set({{first, 10}});
  EXPECT_FALSE(ends.is_beyond(first, 9));
  EXPECT_TRUE(ends.is_beyond(first, 10));
}

}  // namespace
}  // namespace penstock::kafka
