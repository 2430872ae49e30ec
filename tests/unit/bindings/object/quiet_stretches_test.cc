#include "bindings/object/quiet_stretches.h"

#include <gtest/gtest.h>

#include <set>

namespace penstock::object {
namespace {

std::string key(int number) { return "k" + std::to_string(100'000 + number); }

// Notes these keys as quiet, but for `news`.
void walk(QuietStretches& stretches, int count, const std::set<int>& news) {
  stretches.begin();
  for (int i = 0; i < count; ++i) stretches.note(key(i), news.count(i) == 0);
  stretches.end();
}

TEST(QuietStretches, LongRunsArePassedOver) {
  QuietStretches stretches;
  walk(stretches, 10'000, {4000});
  EXPECT_EQ(stretches.end_of(""), key(3999));
  EXPECT_EQ(stretches.end_of(key(17)), key(3999));
  EXPECT_FALSE(stretches.end_of(key(3999))) << "the next key is news";
  EXPECT_EQ(stretches.end_of(key(4000)), key(9999));
  EXPECT_FALSE(stretches.end_of(key(9999)));
}

TEST(QuietStretches, ShortOnesAreNot) {
  QuietStretches stretches;
  walk(stretches, 1999, {});
  EXPECT_FALSE(stretches.end_of(""));
}

TEST(QuietStretches, ANewWalkForgetsThem) {
  QuietStretches stretches;
  walk(stretches, 5000, {});
  walk(stretches, 5000, {0, 1999, 3998});
  EXPECT_FALSE(stretches.end_of(""));
  EXPECT_FALSE(stretches.end_of(key(2500)));
}

TEST(QuietStretches, AListOutOfOrderHasNone) {
  QuietStretches stretches;
  stretches.begin();
  for (int i = 0; i < 5000; ++i) stretches.note(key(i), true);
  stretches.note(key(3), true);
  stretches.end();
  EXPECT_FALSE(stretches.end_of(""));
}

}  // namespace
}  // namespace penstock::object
