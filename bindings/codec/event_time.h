// When an event happened, as fields of logs tell it.
#pragma once
#include <chrono>
#include <optional>
#include <string_view>

namespace penstock {

// As parse_rfc3339() reads it, or a number since 1970:
// seconds, milliseconds, microseconds or nanoseconds, told apart by its size. What is below a millisecond is cut.
std::optional<std::chrono::system_clock::time_point> parse_event_time(std::string_view text);

}  // namespace penstock
