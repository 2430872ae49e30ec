#include "runtime/delivery/spool_name.h"

#include <fmt/format.h>

#include <charconv>

namespace penstock {

namespace {

// Takes `digits` digits, or as many as there are (0), and the byte behind them, which must be `end`.
template <class Number>
bool take_number(std::string_view& text, std::size_t digits, char end, Number& number) {
  const std::size_t at = text.find(end);
  if (at == std::string_view::npos || at == 0 || (digits != 0 && at != digits)) return false;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + at, number);
  if (error != std::errc() || stop != text.data() + at) return false;
  text.remove_prefix(at + 1);
  return true;
}

}  // namespace

std::string to_file_name(const SpoolName& name) {
  return fmt::format("{:015}-{:010}-{:010}-{:05}-{}{}", name.key.time_ms, name.key.sequence, name.key.part, name.key.worker, name.events, spool_package_ending);
}

std::optional<SpoolName> spool_name_of(std::string_view text) {
  SpoolName name;
  if (!text.ends_with(spool_package_ending)) return std::nullopt;
  text.remove_suffix(spool_package_ending.size() - 1);
  const bool whole = take_number(text, 15, '-', name.key.time_ms) && take_number(text, 10, '-', name.key.sequence) && take_number(text, 10, '-', name.key.part) &&
                     take_number(text, 5, '-', name.key.worker) && take_number(text, 0, '.', name.events);
  if (!whole || !text.empty()) return std::nullopt;
  return name;
}

}  // namespace penstock
