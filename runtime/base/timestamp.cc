#include "runtime/base/timestamp.h"

namespace penstock {

namespace {

// `Z`, `+08:00`, `-0330` or nothing: minutes east of Greenwich.
std::optional<std::chrono::minutes> parse_zone(std::string_view zone) {
  if (zone.empty() || zone == "Z" || zone == "z") return std::chrono::minutes(0);
  if (zone.front() != '+' && zone.front() != '-') return std::nullopt;
  const std::size_t minutes_at = zone.size() > 3 && zone[3] == ':' ? 4 : 3;
  const int hours = digits_at(zone, 1, 2), minutes = digits_at(zone, minutes_at, 2);
  if (zone.size() != minutes_at + 2 || hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  const std::chrono::minutes east(hours * 60 + minutes);
  return zone.front() == '-' ? -east : east;
}

}  // namespace

std::optional<std::chrono::system_clock::time_point> utc_time(const CivilTime& civil) {
  if (civil.year < 0 || civil.month < 0 || civil.day < 0 || civil.hour < 0 || civil.minute < 0 || civil.second < 0) return std::nullopt;
  if (civil.hour > 23 || civil.minute > 59 || civil.second > 60) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(civil.year), std::chrono::month(static_cast<unsigned>(civil.month)),
                                         std::chrono::day(static_cast<unsigned>(civil.day))};
  if (!date.ok() || civil.year < year_min || civil.year > year_max) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(civil.hour) + std::chrono::minutes(civil.minute) + std::chrono::seconds(civil.second);
}

int digits_at(std::string_view text, std::size_t at, std::size_t count) {
  if (at > text.size() || count > text.size() - at) return -1;
  int value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

std::chrono::milliseconds fraction_of(std::string_view digits) {
  int value = 0;
  bool ended = false;
  for (std::size_t i = 0; i < 3; ++i) {
    const int digit = ended ? -1 : digits_at(digits, i, 1);
    ended = digit < 0;
    value = value * 10 + (ended ? 0 : digit);
  }
  return std::chrono::milliseconds(value);
}

std::optional<std::chrono::system_clock::time_point> parse_rfc3339(std::string_view text) {
  if (text.size() < 19 || text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':') return std::nullopt;
  if (text[10] != 'T' && text[10] != 't' && text[10] != ' ') return std::nullopt;
  const auto time = utc_time({digits_at(text, 0, 4), digits_at(text, 5, 2), digits_at(text, 8, 2), digits_at(text, 11, 2), digits_at(text, 14, 2),
                              digits_at(text, 17, 2)});
  std::size_t zone_at = 19;
  std::chrono::milliseconds fraction(0);
  if (zone_at < text.size() && text[zone_at] == '.') {
    fraction = fraction_of(text.substr(zone_at + 1));
    do ++zone_at;
    while (digits_at(text, zone_at, 1) >= 0);
  }
  const auto zone = parse_zone(text.substr(zone_at));
  if (!time || !zone) return std::nullopt;
  return *time + fraction - *zone;
}

}  // namespace penstock
