#include "bindings/kafka/fetch_nudge.h"

#include <gtest/gtest.h>

namespace penstock::kafka {
namespace {

TEST(FetchNudge, IsDueOnceWhenAFullQueueIsHalfEmpty) {
  FetchNudge nudge(1000, 1 << 20);
  nudge.took(100, 100 * 10);
  EXPECT_FALSE(nudge.due(400)) << "it was never full";
  EXPECT_FALSE(nudge.due(900));
  EXPECT_FALSE(nudge.due(600));
  EXPECT_TRUE(nudge.due(500));
  EXPECT_FALSE(nudge.due(400));
  EXPECT_FALSE(nudge.due(750));
  EXPECT_TRUE(nudge.due(0));
}

TEST(FetchNudge, AQueueIsFullByBytesToo) {
  FetchNudge nudge(1'000'000, 1'000'000);
  nudge.took(10, 10 * 1000);
  EXPECT_FALSE(nudge.due(800));
  EXPECT_FALSE(nudge.due(501));
  EXPECT_TRUE(nudge.due(500));
}

TEST(FetchNudge, GoesByWhatMessagesAreLikeNow) {
  FetchNudge nudge(1'000'000, 1'000'000);
  for (int i = 0; i < 100; ++i) nudge.took(1000, 1000 * 10);
  for (int i = 0; i < 100; ++i) nudge.took(1000, 1000 * 1000);
  EXPECT_FALSE(nudge.due(900));
  EXPECT_TRUE(nudge.due(100));
}

}  // namespace
}  // namespace penstock::kafka
