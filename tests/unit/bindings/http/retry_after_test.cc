#include "bindings/http/retry_after.h"

#include <gtest/gtest.h>

namespace penstock::http {
namespace {

using namespace std::chrono_literals;

// Sun, 06 Nov 1994 08:49:37 GMT, the date of RFC 9110's examples.
const auto now = std::chrono::system_clock::from_time_t(784111777);

TEST(RetryAfter, Seconds) {
  EXPECT_EQ(parse_retry_after("120", now), 120s);
  EXPECT_EQ(parse_retry_after(" 0 ", now), 0s);
  EXPECT_EQ(parse_retry_after("99999999999999999999999", now), std::chrono::hours(24) * 365);
}

TEST(RetryAfter, DatesInEveryFormThatHttpHas) {
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", now), 60s);
  EXPECT_EQ(parse_retry_after("Sunday, 06-Nov-94 08:50:37 GMT", now), 60s);
  EXPECT_EQ(parse_retry_after("Sun Nov  6 08:50:37 1994", now), 60s);
}

TEST(RetryAfter, ADateThatIsPastMeansNow) { EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), 0s); }

TEST(RetryAfter, AnythingElseIsNothing) {
  for (const char* text : {"", " ", "soon", "-5", "1.5", "12 s", "Sun, 99 Nov 1994"}) EXPECT_EQ(parse_retry_after(text, now), std::nullopt) << text;
  EXPECT_EQ(parse_retry_after(std::string(1000, '9'), now), std::nullopt);
}

}  // namespace
}  // namespace penstock::http
