#include "runtime/base/units.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

using std::chrono::milliseconds;

TEST(Units, ParsesBytes) {
  const std::pair<const char*, std::uint64_t> cases[] = {
      {"0", 0},
      {"512", 512},
      {"512B", 512},
      {"64KB", 64000},
      {"64KiB", 65536},
      {"10MiB", 10485760},
      {"10 mib", 10485760},
      {"1.5GB", 1500000000},
      {"1.5KiB", 1536},
      {"0.0001KB", 0},
      {"2TB", 2000000000000},
      {"9007199254740993", 9007199254740993},
      {"9999999999999999999", 9999999999999999999u},
  };
  for (const auto& [text, bytes] : cases) {
    const Result<std::uint64_t> parsed = parse_bytes(text);
    ASSERT_TRUE(parsed.ok()) << text;
    EXPECT_EQ(parsed.value(), bytes) << text;
  }
}

TEST(Units, RefusesWhatIsNoSize) {
  for (const char* text : {"", "x", "MiB", "-1", "+1", "1.", ".5", "1 ", "1  KB", "10M", "1e3", "1KBx", "0x10", "20000000TB",
                           "99999999999999999999"})
    EXPECT_FALSE(parse_bytes(text).ok()) << text;
}

TEST(Units, TheErrorNamesTheTextAndTheUnits) {
  const std::string error = parse_bytes("10M").status().text();
  EXPECT_NE(error.find("\"10M\""), std::string::npos) << error;
  EXPECT_NE(error.find("MiB"), std::string::npos) << error;
}

TEST(Units, ParsesDurations) {
  const std::pair<const char*, long long> cases[] = {
      {"0", 0}, {"250ms", 250}, {"10s", 10000}, {"5m", 300000}, {"1h", 3600000}, {"1d", 86400000}, {"1.5s", 1500}, {"0.5 h", 1800000},
  };
  for (const auto& [text, ms] : cases) {
    const Result<milliseconds> parsed = parse_duration(text);
    ASSERT_TRUE(parsed.ok()) << text;
    EXPECT_EQ(parsed.value(), milliseconds(ms)) << text;
  }
}

TEST(Units, RefusesWhatIsNoDuration) {
  for (const char* text : {"", "10", "s", "-5s", "1w", "1h30m", "1000000d0", "9999999999999999999d"})
    EXPECT_FALSE(parse_duration(text).ok()) << text;
}

TEST(Units, PrintsBytesForPeople) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(human_bytes(64u << 20), "64.0 MiB");
  EXPECT_EQ(human_bytes((1u << 20) - 1), "1.0 MiB");
  EXPECT_EQ(human_bytes(UINT64_MAX), "16.0 EiB");
}

TEST(Units, PrintsDurationsForPeople) {
  const std::pair<long long, const char*> cases[] = {
      {0, "0ms"}, {999, "999ms"}, {1000, "1s"}, {1549, "1.5s"}, {42999, "42s"}, {303000, "5m 3s"}, {7500000, "2h 5m"}, {273600000, "3d 4h"}, {-1500, "-1.5s"},
  };
  for (const auto& [ms, text] : cases) EXPECT_EQ(human_duration(milliseconds(ms)), text);
}

}  // namespace
}  // namespace penstock
