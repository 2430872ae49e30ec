// The header Retry-After, RFC 9110 section 10.2.3: `120`, or `Fri, 31 Dec 2027 23:59:59 GMT`.
#pragma once
#include <chrono>
#include <optional>
#include <string_view>

namespace penstock::http {

// How long to wait from `now` on; 0 for a date that is past. Nothing when it is neither form.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value, std::chrono::system_clock::time_point now);

}  // namespace penstock::http
