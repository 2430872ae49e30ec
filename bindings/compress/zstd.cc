// zstd frames (RFC 8878), by libzstd.
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "bindings/compress/formats.h"

namespace penstock {

namespace {

constexpr int window_log_max = 27;  // 128 MiB
constexpr std::size_t less_than_a_header = 5;

// The first bytes of a frame, gathered from however small pieces, for what libzstd leaves to its caller or does by the size of
// the pieces.
class FrameStart {
 public:
  void clear() { size_ = 0; }
  std::size_t size() const { return size_; }
  void cut_to(std::size_t size) { size_ = std::min(size, size_); }
  // Takes what there is room for; cut_to() gives back what was not consumed.
  void add(ByteView in) { size_ += in.copy(bytes_.data() + size_, bytes_.size() - size_); }

  // Whether the bytes so far begin a magic number of RFC 8878, section 3.1. A libzstd built with the formats before version 0.8
  // would read those too, and what it makes of a damaged one depends on how the input is cut.
  bool is_magic() const {
    constexpr std::array<unsigned char, 4> frame = {0x28, 0xb5, 0x2f, 0xfd};
    constexpr std::array<unsigned char, 4> skippable = {0x50, 0x2a, 0x4d, 0x18};  // 0x50 to 0x5f
    if (size_ == 0) return true;
    const bool skips = (static_cast<unsigned char>(bytes_[0]) & 0xf0) == skippable[0];
    const auto& magic = skips ? skippable : frame;
    for (std::size_t at = skips ? 1 : 0; at < std::min(size_, magic.size()); ++at) {
      if (static_cast<unsigned char>(bytes_[at]) != magic[at]) return false;
    }
    return true;
  }

  // Whether a frame may end after `produced` bytes: its header may say how many they are. libzstd 1.5 does not look at it where an
  // empty last block ends a frame that came in pieces.
  bool may_end_after(std::uint64_t produced) const {
    const unsigned long long stated = ZSTD_getFrameContentSize(bytes_.data(), size_);
    return stated == ZSTD_CONTENTSIZE_UNKNOWN || stated == ZSTD_CONTENTSIZE_ERROR || stated == produced;
  }

 private:
  std::array<char, 18> bytes_;  // the largest frame header: magic number, descriptor, window, dictionary, content size
  std::size_t size_ = 0;
};

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
    const std::size_t known = start_.size();
    start_.add(in);
    if (!start_.is_magic()) return Status(Code::corrupt, "zstd: neither a frame nor a skippable frame (RFC 8878)");
    // What begins a frame goes in alone: given a whole frame at once, libzstd takes another way through it, which is more lenient
    // here and stricter there.
    if (known < less_than_a_header) in = in.substr(0, less_than_a_header - known);
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    const std::size_t result = ZSTD_decompressStream(stream_, &to, &from);
    progress.consumed = from.pos;
    progress.produced = to.pos;
    if (ZSTD_isError(result)) return Status(Code::corrupt, std::string("zstd: ") + ZSTD_getErrorName(result));
    progress.member_ended = result == 0;
    in_frame_ = result != 0;
    start_.cut_to(known + from.pos);
    frame_produced_ += to.pos;
    if (in_frame_) return {};
    if (!start_.may_end_after(frame_produced_)) return Status(Code::corrupt, "zstd: a frame is shorter than its header says");
    start_.clear();
    frame_produced_ = 0;
    return {};
  }

 private:
  ZSTD_DCtx* stream_;
  FrameStart start_;
  std::uint64_t frame_produced_ = 0;
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
