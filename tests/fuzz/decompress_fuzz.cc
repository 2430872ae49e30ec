// Decompressors: whatever the input, they end, stay in bounds, and give the same bytes however it is cut into pieces. The first
// byte chooses the format, the second the size of the pieces.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "bindings/compress/decompressor.h"

namespace {

using penstock::ByteView;
using penstock::Compression;

constexpr std::size_t output_max = 1 << 22;  // a small input may stand for gigabytes

struct Decoded {
  std::string data;
  bool error = false;
  bool clean_end = false;
};

Decoded decode(Compression format, ByteView bytes, std::size_t in_size, std::size_t out_size) {
  Decoded decoded;
  auto decompressor = penstock::make_decompressor(format);
  std::vector<char> out(out_size);
  while (decoded.data.size() < output_max) {
    const ByteView in = bytes.substr(0, in_size);
    const auto step = decompressor->step(in, out);
    if (!step.ok()) {
      decoded.error = true;
      break;
    }
    const penstock::Progress& progress = step.value();
    if (progress.consumed > in.size() || progress.produced > out.size()) std::abort();
    decoded.data.append(out.data(), progress.produced);
    bytes.remove_prefix(progress.consumed);
    if (progress.consumed == 0 && progress.produced == 0 && !progress.member_ended) {
      if (!in.empty()) std::abort();  // neither an error nor any progress
      break;
    }
  }
  decoded.clean_end = decompressor->at_clean_end();
  if (decoded.data.size() > output_max) decoded.data.resize(output_max);
  return decoded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto format = static_cast<Compression>(1 + data[0] % 5);
  const ByteView bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Decoded whole = decode(format, bytes, size, 1 << 16);
  const Decoded pieces = decode(format, bytes, 1 + data[1] % 32, 1 << 12);
  if (whole.data.size() >= output_max || pieces.data.size() >= output_max) return 0;
  // A damaged header may be told at once, or, seen piece by piece, look like one that is not whole yet: both are no clean end.
  const bool whole_good = !whole.error && whole.clean_end;
  const bool pieces_good = !pieces.error && pieces.clean_end;
  if (whole_good != pieces_good || (whole_good && whole.data != pieces.data)) std::abort();
  return 0;
}
