#include "runtime/base/clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <ctime>

namespace penstock {

std::string format_utc(std::chrono::system_clock::time_point time, Stamp form) {
  using std::chrono::milliseconds;
  const auto ms = std::max<std::int64_t>(std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count(), 0);
  const std::time_t seconds = ms / 1000;
  std::tm t{};
  ::gmtime_r(&seconds, &t);
  const char* const layout = form == Stamp::file     ? "{:04}{:02}{:02}T{:02}{:02}{:02}.{:03}Z"
                             : form == Stamp::millis ? "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z"
                                                     : "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z";
  return fmt::format(fmt::runtime(layout), t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec,
                     ms % 1000);
}

std::chrono::nanoseconds monotonic_now() { return std::chrono::steady_clock::now().time_since_epoch(); }

}  // namespace penstock
