#include "bindings/sign/http_date.h"

#include <gtest/gtest.h>

namespace penstock::sign {
namespace {

const std::chrono::system_clock::time_point moment{std::chrono::seconds(784111777)};

// RFC 9110's own example.
TEST(HttpDate, GoesBothWays) {
  EXPECT_EQ(http_date(moment), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), moment);
}

TEST(HttpDate, RefusesWhatIsNone) {
  for (const char* text : {"", "now", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 CET",
                           "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, -6 Nov 1994 08:49:37 GMT", "Sun, 06 Nox 1994 08:49:37 GMT"}) {
    EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace penstock::sign
