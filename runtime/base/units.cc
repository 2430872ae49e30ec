#include "runtime/base/units.h"

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <span>

namespace penstock {

namespace {

__extension__ using Wide = unsigned __int128;

struct Unit {
  std::string_view name;  // lower case
  std::uint64_t factor;
};

constexpr std::uint64_t kib = 1024;
constexpr Unit byte_units[] = {
    {"", 1},
    {"b", 1},
    {"kb", 1000},
    {"mb", 1000'000},
    {"gb", 1000'000'000},
    {"tb", 1000'000'000'000},
    {"kib", kib},
    {"mib", kib * kib},
    {"gib", kib * kib * kib},
    {"tib", kib * kib * kib * kib},
};
constexpr Unit duration_units[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3600'000}, {"d", 86400'000}};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool digit(char c) { return c >= '0' && c <= '9'; }

bool same_name(std::string_view given, std::string_view name) {
  if (given.size() != name.size()) return false;
  for (std::size_t i = 0; i < given.size(); ++i)
    if (lower(given[i]) != name[i]) return false;
  return true;
}

// A decimal number: whole + fraction / scale. No double on the way: 2^63 + 1 bytes is that.
struct Decimal {
  Wide whole = 0;
  Wide fraction = 0;
  Wide scale = 1;
};

// Takes a decimal from the front of `text`: at most 19 digits before the point, 9 of those after it count.
std::optional<Decimal> take_decimal(std::string_view& text) {
  Decimal number;
  std::size_t i = 0;
  for (; i < text.size() && digit(text[i]); ++i) number.whole = number.whole * 10 + Wide(text[i] - '0');
  if (i == 0 || i > 19) return std::nullopt;
  if (i < text.size() && text[i] == '.') {
    const std::size_t point = i++;
    for (; i < text.size() && digit(text[i]); ++i) {
      if (i - point > 9) continue;
      number.fraction = number.fraction * 10 + Wide(text[i] - '0');
      number.scale *= 10;
    }
    if (i == point + 1) return std::nullopt;
  }
  text.remove_prefix(i);
  return number;
}

// `text` in the smallest unit, not above `most`.
std::optional<std::uint64_t> parse(std::string_view text, std::span<const Unit> units, std::uint64_t most) {
  const std::optional<Decimal> number = take_decimal(text);
  if (!number) return std::nullopt;
  if (text.size() > 1 && text.front() == ' ') text.remove_prefix(1);
  for (const Unit& unit : units) {
    if (!same_name(text, unit.name)) continue;
    const Wide value = number->whole * unit.factor + number->fraction * unit.factor / number->scale;
    if (value > most) return std::nullopt;
    return static_cast<std::uint64_t>(value);
  }
  return std::nullopt;
}

}  // namespace

Result<std::uint64_t> parse_bytes(std::string_view text) {
  if (const auto bytes = parse(text, byte_units, std::numeric_limits<std::uint64_t>::max())) return *bytes;
  return Status(Code::invalid, fmt::format("\"{}\" is not a size: give a number with B, KB, MB, GB, TB (powers of 1000) or "
                                           "KiB, MiB, GiB, TiB (powers of 1024), such as \"10MiB\"", text));
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text == "0") return std::chrono::milliseconds(0);
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max() / 1'000'000;  // fits as nanoseconds too: 292 years
  if (const auto ms = parse(text, duration_units, most)) return std::chrono::milliseconds(*ms);
  return Status(Code::invalid,
                fmt::format("\"{}\" is not a duration: give a number with ms, s, m, h or d, such as \"250ms\" or \"5m\"", text));
}

std::string human_bytes(std::uint64_t bytes) {
  if (bytes < kib) return fmt::format("{} B", bytes);
  static constexpr const char* names[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / kib;
  std::size_t unit = 0;
  // 1023.95 would be shown as 1024.0
  for (; value >= 1023.95 && unit + 1 < std::size(names); ++unit) value /= kib;
  return fmt::format("{:.1f} {}", value, names[unit]);
}

std::string human_duration(std::chrono::milliseconds duration) {
  const std::int64_t count = duration.count();
  if (count < 0) return "-" + human_duration(-duration);
  if (count < 1000) return fmt::format("{}ms", count);
  const std::int64_t seconds = count / 1000;
  if (seconds < 10 && count % 1000 >= 100) return fmt::format("{}.{}s", seconds, count % 1000 / 100);
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return fmt::format("{}m {}s", seconds / 60, seconds % 60);
  if (seconds < 86400) return fmt::format("{}h {}m", seconds / 3600, seconds / 60 % 60);
  return fmt::format("{}d {}h", seconds / 86400, seconds / 3600 % 24);
}

}  // namespace penstock
