#include "bindings/codec/event_time.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::system_clock;

const system_clock::time_point moment{seconds(1795255325)};  // 2026-11-21T10:02:05Z

TEST(EventTime, IsADateOrANumber) {
  for (const char* text : {"2026-11-21T10:02:05Z", "2026-11-21T18:02:05+08:00", "2026-11-21T05:32:05-0430", "2026-11-21 10:02:05",
                           "2026-11-21t10:02:05z", "2026-11-21T10:02:05.0009Z", "1795255325", "1795255325000", "1795255325000999", "1795255325000999999"}) {
    EXPECT_EQ(parse_event_time(text), moment) << text;
  }
}

TEST(EventTime, IsNothingElse) {
  for (const char* text : {"", "-", "now", "2026-11-21", "2026-11-21T10:02", "2026-02-30T10:02:05Z", "2026-11-21T25:02:05Z", "2026-11-21T10:02:05+99:00",
                           "2026-11-21T10:02:05 CET", "21/Nov/2026:10:02:05 +0000", "-5", "1e9", "99999999999999999999"}) {
    EXPECT_EQ(parse_event_time(text), std::nullopt) << text;
  }
}

TEST(EventTime, IsToTheMillisecond) {
  for (const char* text : {"2026-11-21T10:02:05.123Z", "2026-11-21T10:02:05.123999+00:00", "1795255325.123", "1795255325123", "1795255325123456", "1795255325123456789"})
    EXPECT_EQ(parse_event_time(text), moment + milliseconds(123)) << text;
  EXPECT_EQ(parse_event_time("2026-11-21T10:02:05.5Z"), moment + milliseconds(500));
  EXPECT_EQ(parse_event_time("1795255325.07"), moment + milliseconds(70));
}

}  // namespace
}  // namespace penstock
