#include "bindings/compress/crc32c.h"

#include <isa-l.h>

#include <algorithm>

namespace penstock {

// ISA-L takes and gives the register as it is; CRC-32C starts with all ones and ends inverted.
std::uint32_t crc32c(ByteView bytes, std::uint32_t before) {
  constexpr std::size_t length_max = 1u << 30;  // ISA-L counts in int
  std::uint32_t state = ~before;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), length_max))) {
    auto* at = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
    state = crc32_iscsi(at, static_cast<int>(std::min(bytes.size(), length_max)), state);
  }
  return ~state;
}

}  // namespace penstock
