#include "bindings/codec/syslog_names.h"

#include <algorithm>
#include <charconv>
#include <span>

namespace penstock {

namespace {

bool same_but_case(ByteView a, ByteView b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

std::optional<int> number_in(ByteView text, int end) {
  int number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || stop != text.data() + text.size() || number < 0 || number >= end) return std::nullopt;
  return number;
}

std::optional<int> place_in(std::span<const ByteView> names, ByteView text) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (same_but_case(names[i], text)) return static_cast<int>(i);
  return std::nullopt;
}

struct Alias {
  ByteView name;
  int severity;
};
constexpr Alias aliases[] = {{"emergency", 0}, {"panic", 0},       {"critical", 2}, {"fatal", 2},  {"error", 3},
                             {"warn", 4},      {"information", 6}, {"informational", 6}, {"trace", 7}};

}  // namespace

std::optional<int> syslog_facility(ByteView text) {
  const std::optional<int> named = place_in(syslog_facilities, text);
  return named ? named : number_in(text, static_cast<int>(std::size(syslog_facilities)));
}

std::optional<int> syslog_severity(ByteView text) {
  if (const std::optional<int> named = place_in(syslog_severities, text)) return named;
  for (const Alias& alias : aliases)
    if (same_but_case(alias.name, text)) return alias.severity;
  return number_in(text, static_cast<int>(std::size(syslog_severities)));
}

}  // namespace penstock
