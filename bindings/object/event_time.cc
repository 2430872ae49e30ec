#include "bindings/object/event_time.h"

#include <simdjson.h>

#include <charconv>
#include <cstdlib>

#include "bindings/compress/decompressor.h"

namespace penstock::object {

namespace {

using std::chrono::system_clock;

// Requires a range of digits; a negative result is none.
int digits_at(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

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

std::optional<system_clock::time_point> parse_date(std::string_view text) {
  if (text.size() < 19 || text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':') return std::nullopt;
  if (text[10] != 'T' && text[10] != 't' && text[10] != ' ') return std::nullopt;
  const int year = digits_at(text, 0, 4), month = digits_at(text, 5, 2), day = digits_at(text, 8, 2);
  const int hour = digits_at(text, 11, 2), minute = digits_at(text, 14, 2), second = digits_at(text, 17, 2);
  if (year < 0 || month < 0 || day < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)), std::chrono::day(static_cast<unsigned>(day))};
  std::size_t zone_at = 19;
  if (zone_at < text.size() && text[zone_at] == '.') {
    do ++zone_at;
    while (digits_at(text, zone_at, 1) >= 0);
  }
  const auto zone = parse_zone(text.substr(zone_at));
  if (!date.ok() || !zone) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second) - *zone;
}

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
  return system_clock::time_point(std::chrono::seconds(value / unit));
}

// The body's first `size` bytes, decompressed; fewer when there are fewer, or it is damaged.
std::string first_bytes(const Package& package, std::size_t size) {
  const auto compression = compression_of_name(package.form.compression);
  if (!compression) return "";
  std::string plain(size, '\0');
  std::size_t filled = 0;
  const std::unique_ptr<Decompressor> decompressor = make_decompressor(*compression);
  ByteView body = package.body.view();
  while (filled < size) {
    const Result<Progress> step = decompressor->step(body, {plain.data() + filled, size - filled});
    if (!step.ok() || (step.value().consumed == 0 && step.value().produced == 0)) break;
    body.remove_prefix(step.value().consumed);
    filled += step.value().produced;
  }
  plain.resize(filled);
  return plain;
}

std::optional<system_clock::time_point> time_of(const simdjson::dom::element& value) {
  if (std::string_view text; value.get(text) == simdjson::SUCCESS) return parse_event_time(text);
  if (std::uint64_t number = 0; value.get(number) == simdjson::SUCCESS) return parse_event_time(std::to_string(number));
  if (double number = 0; value.get(number) == simdjson::SUCCESS && number >= 0 && number < 1e18) return parse_event_time(std::to_string(static_cast<std::int64_t>(number)));
  return std::nullopt;
}

}  // namespace

std::optional<system_clock::time_point> parse_event_time(std::string_view text) {
  if (const auto date = parse_date(text)) return date;
  return parse_number(text);
}

std::optional<system_clock::time_point> first_event_time(const Package& package, const Path& path) {
  if (package.entry_bytes.empty() || package.entry_bytes.front() > first_event_bytes_max) return std::nullopt;
  const std::string plain = first_bytes(package, package.form.prefix_bytes + package.entry_bytes.front());
  if (plain.size() <= package.form.prefix_bytes) return std::nullopt;
  simdjson::dom::parser parser;
  simdjson::dom::element at;
  if (parser.parse(simdjson::padded_string(std::string_view(plain).substr(package.form.prefix_bytes))).get(at) != simdjson::SUCCESS) return std::nullopt;
  for (const auto& name : path) {
    simdjson::dom::element next;
    if (at.at_key(name).get(next) != simdjson::SUCCESS) return std::nullopt;
    at = next;
  }
  return time_of(at);
}

}  // namespace penstock::object
