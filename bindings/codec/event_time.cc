#include "bindings/codec/event_time.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "runtime/base/timestamp.h"

namespace penstock {

namespace {

using std::chrono::system_clock;

// 10^11 seconds are in the year 5138, 10^11 milliseconds in 1973: what is between them is told apart.
std::optional<system_clock::time_point> parse_number(std::string_view text) {
  std::int64_t value = 0;
  const std::string_view whole = text.substr(0, text.find('.'));
  const auto [end, error] = std::from_chars(whole.data(), whole.data() + whole.size(), value);
  if (whole.empty() || error != std::errc() || end != whole.data() + whole.size() || value < 0) return std::nullopt;
  for (const char c : text.substr(whole.size())) {
    if (c != '.' && (c < '0' || c > '9')) return std::nullopt;
  }
  constexpr std::int64_t bound = 100'000'000'000;
  std::int64_t unit = 1;
  while (unit < 1'000'000'000 && value / unit >= bound) unit *= 1000;
  constexpr std::int64_t seconds_max = 7'289'654'400;  // 2201-01-01
  if (value / unit >= seconds_max) return std::nullopt;
  const auto fraction = unit == 1 ? fraction_of(text.substr(std::min(whole.size() + 1, text.size()))) : std::chrono::milliseconds(value % unit / (unit / 1000));
  return system_clock::time_point(std::chrono::seconds(value / unit) + fraction);
}

}  // namespace

std::optional<system_clock::time_point> parse_event_time(std::string_view text) {
  if (const auto date = parse_rfc3339(text)) return date;
  return parse_number(text);
}

}  // namespace penstock
