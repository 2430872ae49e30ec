// CRC-32C (Castagnoli; RFC 3720 section 12.1), by the processor's own instruction where it has one.
#pragma once
#include <cstdint>

#include "runtime/base/bytes.h"

namespace penstock {

// Of `bytes` behind those that gave `before`; "123456789" gives 0xe3069283.
std::uint32_t crc32c(ByteView bytes, std::uint32_t before = 0);

}  // namespace penstock
