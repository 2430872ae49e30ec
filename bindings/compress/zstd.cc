// zstd frames (RFC 8878), by libzstd.
#include <zstd.h>

#include <string>

#include "bindings/compress/formats.h"

namespace penstock {

namespace {

constexpr int window_log_max = 27;  // 128 MiB

class ZstdDecompressor : public Decompressor {
 public:
  ZstdDecompressor() : stream_(ZSTD_createDCtx()) {
    if (stream_) ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, window_log_max);
  }
  ~ZstdDecompressor() override { ZSTD_freeDCtx(stream_); }
  ZstdDecompressor(const ZstdDecompressor&) = delete;
  ZstdDecompressor& operator=(const ZstdDecompressor&) = delete;

 protected:
  bool between_members() const override { return !in_frame_; }
  Status round(ByteView in, std::span<char> out, Progress& progress) override {
    if (!stream_) return Status(Code::corrupt, "zstd: no memory");
    if (!in_frame_ && in.empty()) return {};
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    const std::size_t result = ZSTD_decompressStream(stream_, &to, &from);
    progress.consumed = from.pos;
    progress.produced = to.pos;
    if (ZSTD_isError(result)) return Status(Code::corrupt, std::string("zstd: ") + ZSTD_getErrorName(result));
    progress.member_ended = result == 0;
    in_frame_ = result != 0;
    return {};
  }

 private:
  ZSTD_DCtx* stream_;
  bool in_frame_ = false;
};

class ZstdCompressor : public Compressor {
 public:
  explicit ZstdCompressor(int level) : context_(ZSTD_createCCtx()) {
    if (!context_) return;
    ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 1);
  }
  ~ZstdCompressor() override { ZSTD_freeCCtx(context_); }
  ZstdCompressor(const ZstdCompressor&) = delete;
  ZstdCompressor& operator=(const ZstdCompressor&) = delete;

  Status compress(ByteView chunk, Buffer& out) override {
    if (!context_) return Status(Code::limit, "zstd: no memory");
    const std::size_t room = ZSTD_compressBound(chunk.size());
    char* to = out.room(room);
    const std::size_t result = ZSTD_compress2(context_, to, room, chunk.data(), chunk.size());
    if (ZSTD_isError(result)) return Status(Code::limit, std::string("zstd: ") + ZSTD_getErrorName(result));
    out.add_size(result);
    return {};
  }

 private:
  ZSTD_CCtx* context_;
};

}  // namespace

std::unique_ptr<Decompressor> make_zstd_decompressor() { return std::make_unique<ZstdDecompressor>(); }

std::unique_ptr<Compressor> make_zstd_compressor(int level) { return std::make_unique<ZstdCompressor>(level); }

}  // namespace penstock
