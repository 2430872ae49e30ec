// The body of a request and what its headers say of it. Input: a Content-Type, a NUL, a Content-Encoding, a NUL, the body.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "bindings/source/http_body.h"

using namespace penstock;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteView input(reinterpret_cast<const char*>(data), size);
  const auto part = [&] {
    const std::size_t end = std::min(input.find('\0'), input.size());
    const ByteView taken = input.substr(0, end);
    input.remove_prefix(std::min(end + 1, input.size()));
    return taken;
  };
  format_of_content_type(part());
  const ByteView encoding = part();
  format_of_body(input);
  is_spread_object(input);
  const std::optional<Compression> compression = compression_of_encoding(encoding, input);
  if (!compression) return 0;
  constexpr std::uint64_t bytes_max = 1 << 20;
  Buffer out;
  const Status status = inflate_body(*compression, input, bytes_max, out);
  if (status.ok() && out.size() > bytes_max) std::abort();
  if (out.capacity() > 4 * bytes_max) std::abort();
  return 0;
}
