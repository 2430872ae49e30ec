#include "bindings/http/retry_after.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

namespace penstock::http {

namespace {

// A longer wait than this is as good as for ever; kept out of arithmetic that could overflow.
constexpr std::chrono::seconds longest{std::chrono::hours(24) * 365};
constexpr std::size_t date_size_max = 64;

}  // namespace

std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value, std::chrono::system_clock::time_point now) {
  while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  while (!value.empty() && value.back() == ' ') value.remove_suffix(1);
  if (value.empty() || value.size() > date_size_max) return std::nullopt;
  std::uint64_t seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (end == value.data() + value.size()) {
    const bool fits = error == std::errc() && seconds < static_cast<std::uint64_t>(longest.count());
    return fits ? std::chrono::seconds(seconds) : longest;
  }
  // A date has letters; curl's parser would also take bare numbers for one.
  if (std::none_of(value.begin(), value.end(), [](char byte) { return byte >= 'A' && byte <= 'Z'; })) return std::nullopt;
  const time_t date = curl_getdate(std::string(value).c_str(), nullptr);
  if (date == -1) return std::nullopt;
  // In whole seconds: a far date does not fit the clock's own unit.
  const std::chrono::seconds wait(std::max<std::int64_t>(date, 0) - std::chrono::system_clock::to_time_t(now));
  return std::clamp<std::chrono::seconds>(wait, std::chrono::seconds(0), longest);
}

}  // namespace penstock::http
