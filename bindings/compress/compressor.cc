#include "bindings/compress/compressor.h"

#include <cassert>

#include "bindings/compress/formats.h"

namespace penstock {

namespace {

class PlainCompressor : public Compressor {
 public:
  Status compress(ByteView chunk, Buffer& out) override {
    out.append(chunk);
    return {};
  }
};

}  // namespace

LevelRange levels_of(Compression compression) {
  switch (compression) {
    case Compression::gzip:
    case Compression::zlib: return {1, 9, 1};
    case Compression::zstd: return {1, 19, 3};
    case Compression::lz4: return {1, 12, 1};
    case Compression::none:
    case Compression::snappy:
    case Compression::snappy_block: break;
  }
  return {};
}

Result<int> check_level(Compression compression, std::optional<int> level) {
  const LevelRange range = levels_of(compression);
  if (!level) return range.standard;
  const std::string name(name_of(compression));
  if (range.most == 0) return Status(Code::invalid, "compression '" + name + "' has no levels, got " + std::to_string(*level));
  if (*level < range.least || *level > range.most) {
    return Status(Code::invalid, "a level of " + name + " is " + std::to_string(range.least) + " to " + std::to_string(range.most) +
                                     ", got " + std::to_string(*level));
  }
  return *level;
}

std::unique_ptr<Compressor> make_compressor(Compression compression, int level) {
  assert(compression != Compression::zlib);
  switch (compression) {
    case Compression::gzip: return make_gzip_compressor(level);
    case Compression::snappy: return make_snappy_compressor();
    case Compression::snappy_block: return make_snappy_block_compressor();
    case Compression::zstd: return make_zstd_compressor(level);
    case Compression::lz4: return make_lz4_compressor(level);
    case Compression::none:
    case Compression::zlib: break;
  }
  return std::make_unique<PlainCompressor>();
}

}  // namespace penstock
