// Times that others wrote, read.
#pragma once
#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

namespace penstock {

// The clock counts nanoseconds in 64 bits: years between which any two moments have a distance. Others are none.
inline constexpr int year_min = 1970, year_max = 2200;

// A date and time of day in UTC as they stand in a text.
struct CivilTime {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};
// Nothing when a calendar or clock has no such moment, so for a negative member too; second 60 is the next minute's first.
std::optional<std::chrono::system_clock::time_point> utc_time(const CivilTime& civil);

// The number that `count` decimal digits from `at` on make; negative when they are not all there. Requires count < 10.
int digits_at(std::string_view text, std::size_t at, std::size_t count);

// The milliseconds of a fraction of a second that begins with these digits: 70 of `07Z`.
std::chrono::milliseconds fraction_of(std::string_view digits);

// RFC 3339 (`2026-11-21T10:02:05.123+08:00`), also with a space for the T; without a zone it is UTC. What is below
// a millisecond is cut.
std::optional<std::chrono::system_clock::time_point> parse_rfc3339(std::string_view text);

}  // namespace penstock
