// Times as HTTP writes them (RFC 9110 section 5.6.7): `Wed, 28 Dec 2022 10:27:41 GMT`. English whatever the locale is.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace penstock::sign {

std::string http_date(std::chrono::system_clock::time_point time);
// The form above only, which is what servers send; nothing for any other text.
std::optional<std::chrono::system_clock::time_point> parse_http_date(std::string_view text);

}  // namespace penstock::sign
