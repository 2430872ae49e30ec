// Time: stamps for people and files are UTC, spans are measured on the monotonic clock.
#pragma once
#include <chrono>
#include <string>

namespace penstock {

// How format_utc writes a time; all sort as text within one form.
enum class Stamp {
  seconds,  // 2026-11-21T10:00:00Z (RFC 3339)
  millis,   // 2026-11-21T10:00:00.000Z
  file,     // 20261121T100000.000Z: for file names
};

// Times before 1970 are shown as its first moment. Fractions are cut, not rounded.
std::string format_utc(std::chrono::system_clock::time_point time, Stamp form = Stamp::millis);

// Since an unknown moment, the same for all threads of the process; never goes back.
std::chrono::nanoseconds monotonic_now();

}  // namespace penstock
