// When a package's first event happened, by a field of the event: read from the package's own bytes, so that it is the same for
// every try, also of a package that waited in a spool.
#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "runtime/delivery/package.h"
#include "runtime/event/path.h"

namespace penstock::object {

// Of its first bytes, so much is looked at: an event that is longer has no time here.
inline constexpr std::size_t first_event_bytes_max = 1024 * 1024;

// `path`: of the field, in a JSON object; without its fraction of a second. Nothing when the package is of another format, or the field is missing or no time.
std::optional<std::chrono::system_clock::time_point> first_event_time(const Package& package, const Path& path);

}  // namespace penstock::object
