#include "bindings/compress/decompressor.h"

#include <algorithm>

#include "bindings/compress/formats.h"

namespace penstock {

namespace {

class PlainDecompressor : public Decompressor {
 public:
 protected:
  bool between_members() const override { return true; }
  Status round(ByteView in, std::span<char> out, Progress& progress) override {
    const std::size_t size = std::min(in.size(), out.size());
    if (size != 0) std::memcpy(out.data(), in.data(), size);
    progress.consumed = progress.produced = size;
    return {};
  }
};

}  // namespace

Result<Progress> Decompressor::step(ByteView in, std::span<char> out) {
  Progress total;
  while (corrupt_.empty() && !total.member_ended && total.produced < out.size()) {
    Progress progress;
    const Status status = round(in.substr(total.consumed), out.subspan(total.produced), progress);
    total.consumed += progress.consumed;
    total.produced += progress.produced;
    total.member_ended = progress.member_ended;
    consumed_ += progress.consumed;
    members_ += progress.member_ended ? 1 : 0;
    if (!status.ok()) corrupt_ = status.text() + " at compressed byte " + std::to_string(consumed_);
    if (progress.consumed == 0 && progress.produced == 0 && !progress.member_ended) break;
  }
  if (!corrupt_.empty() && total.produced == 0 && !total.member_ended) return Status(Code::corrupt, corrupt_);
  return total;
}

std::unique_ptr<Decompressor> make_decompressor(Compression compression) {
  switch (compression) {
    case Compression::none: break;
    case Compression::gzip: return make_gzip_decompressor();
    case Compression::zlib: return make_zlib_decompressor();
    case Compression::snappy: return make_snappy_decompressor();
    case Compression::snappy_block: return make_snappy_block_decompressor();
    case Compression::zstd: return make_zstd_decompressor();
    case Compression::lz4: return make_lz4_decompressor();
  }
  return std::make_unique<PlainDecompressor>();
}

}  // namespace penstock
