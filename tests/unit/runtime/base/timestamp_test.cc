#include "runtime/base/timestamp.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

const std::chrono::system_clock::time_point moment{std::chrono::seconds(1795255325)};

TEST(Timestamp, OfRfc3339HasAZoneOrIsUtc) {
  for (const char* text : {"2026-11-21T10:02:05Z", "2026-11-21T10:02:05.0009Z", "2026-11-21t10:02:05z", "2026-11-21 10:02:05", "2026-11-21T10:02:05+00:00",
                           "2026-11-21T18:02:05+08:00", "2026-11-21T06:32:05-0330"}) {
    EXPECT_EQ(parse_rfc3339(text), moment) << text;
  }
}

TEST(Timestamp, OfRfc3339IsToTheMillisecond) {
  EXPECT_EQ(parse_rfc3339("2026-11-21T18:02:05.1+08:00"), moment + std::chrono::milliseconds(100));
  EXPECT_EQ(parse_rfc3339("2026-11-21T10:02:05.1239Z"), moment + std::chrono::milliseconds(123));
}

TEST(Timestamp, ThatIsNoneIsNotGuessed) {
  for (const char* text : {"", "2026-11-21", "2026-13-21T10:02:05Z", "2026-02-29T10:02:05Z", "2026-11-21T24:02:05Z", "2026-11-21T10:60:05Z", "2026-11-21T10:01:65Z", "2026-11-21T10:02:05X",
                           "2026-11-21T10:02:05+24:00", "2026-11-21T10:02:05+8", "2026-11-21T10:02:05Z ", "2026-1a-21T10:02:05Z", "-026-11-21T10:02:05Z"}) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
  }
}

TEST(Timestamp, ThatNoClockHoldsIsNone) {
  for (const char* text : {"1013-11-21T11:00:00Z", "1969-12-31T23:59:59Z", "2201-01-01T00:00:00Z", "9999-12-31T23:59:59Z"}) EXPECT_FALSE(parse_rfc3339(text)) << text;
  EXPECT_TRUE(parse_rfc3339("1970-01-01T00:00:00Z"));
  EXPECT_TRUE(parse_rfc3339("2200-12-31T23:59:59Z"));
}

TEST(Timestamp, IsMadeOfDigitsThatAreThere) {
  EXPECT_EQ(digits_at("a042", 1, 3), 42);
  EXPECT_EQ(digits_at("a04", 1, 3), -1);
  EXPECT_EQ(digits_at("a", 2, 1), -1);
  EXPECT_EQ(digits_at("-1", 0, 2), -1);
}

}  // namespace
}  // namespace penstock
