#include "runtime/base/clock.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

system_clock::time_point at_ms(long long ms) { return system_clock::time_point(milliseconds(ms)); }

TEST(Clock, FormatsUtc) {
  EXPECT_EQ(format_utc(at_ms(1795255200007)), "2026-11-21T10:00:00.007Z");
  EXPECT_EQ(format_utc(at_ms(1795255200999), Stamp::seconds), "2026-11-21T10:00:00Z");
  EXPECT_EQ(format_utc(at_ms(1795255200007), Stamp::file), "20261121T100000.007Z");
  EXPECT_EQ(format_utc(at_ms(951782399999)), "2000-02-28T23:59:59.999Z");
}

TEST(Clock, TimesBeforeTheEpochAreTheEpoch) {
  EXPECT_EQ(format_utc(at_ms(-1)), "1970-01-01T00:00:00.000Z");
}

TEST(Clock, MonotonicNeverGoesBack) {
  const auto before = monotonic_now();
  EXPECT_GE(monotonic_now(), before);
}

}  // namespace
}  // namespace penstock
