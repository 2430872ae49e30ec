#include "bindings/sign/http_date.h"

#include <algorithm>
#include <ctime>
#include <iterator>

#include "runtime/base/timestamp.h"

namespace penstock::sign {

namespace {

constexpr std::string_view days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::string_view months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

}  // namespace

std::string http_date(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char rest[32];
  const std::size_t size = std::strftime(rest, sizeof rest, " %Y %H:%M:%S GMT", &utc);
  const std::string day = (utc.tm_mday < 10 ? "0" : "") + std::to_string(utc.tm_mday);
  return std::string(days[utc.tm_wday]) + ", " + day + " " + std::string(months[utc.tm_mon]) + std::string(rest, size);
}

std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view text) {
  if (text.size() != 29 || text.substr(26) != "GMT" || text[19] != ':' || text[22] != ':') return std::nullopt;
  const auto* const month = std::find(std::begin(months), std::end(months), text.substr(8, 3));
  if (month == std::end(months)) return std::nullopt;
  return utc_time({digits_at(text, 12, 4), static_cast<int>(month - std::begin(months)) + 1, digits_at(text, 5, 2), digits_at(text, 17, 2), digits_at(text, 20, 2),
                   digits_at(text, 23, 2)});
}

}  // namespace penstock::sign
