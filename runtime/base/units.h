// Sizes and durations as people write and read them.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/status.h"

namespace penstock {

// `10MiB` (1024 * 1024), `64KB` (1000), `1.5GB`, `512B`, `512`. Units B, KB..TB, KiB..TiB without regard to case; a space may
// stand before the unit. A fraction of a byte is cut. Fails with Code::invalid, naming `text` and what is allowed.
Result<std::uint64_t> parse_bytes(std::string_view text);

// `250ms`, `10s`, `5m`, `1h`, `1d`, `1.5h`; `0` needs no unit. A fraction of a millisecond is cut. Fails as parse_bytes does.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

// `0 B`, `1.5 KiB`, `64.0 MiB`: one decimal from KiB on.
std::string human_bytes(std::uint64_t bytes);
// `250ms`, `1.5s`, `42s`, `5m 3s`, `2h 5m`, `3d 4h`: the two largest units. A negative one gets a minus.
std::string human_duration(std::chrono::milliseconds duration);

}  // namespace penstock
