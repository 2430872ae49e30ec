// Times in answers about credentials: RFC 3339 in UTC.
#pragma once
#include <chrono>
#include <optional>
#include <string_view>

namespace penstock::credentials {

// `2026-11-21T11:00:00Z`, also with a fraction, which is cut; nothing for any other text.
std::optional<std::chrono::system_clock::time_point> parse_expiration(std::string_view text);

}  // namespace penstock::credentials
