// gzip (RFC 1952): decoding and the fast levels by ISA-L, which runs several times as fast as zlib; higher levels by zlib.
#include <isa-l.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "bindings/compress/formats.h"
#include "bindings/compress/gzip_header.h"

namespace penstock {

namespace {

std::uint8_t* bytes(const char* at) { return reinterpret_cast<std::uint8_t*>(const_cast<char*>(at)); }

std::uint32_t bounded(std::size_t size) { return static_cast<std::uint32_t>(std::min<std::size_t>(size, 1u << 30)); }

const char* text_of(int error) {
  switch (error) {
    case ISAL_INCORRECT_CHECKSUM: return "gzip: checksum does not match";
    case ISAL_INVALID_LOOKBACK: return "gzip: reference before the start of the data";
    default: return "gzip: damaged data";
  }
}

class GzipDecompressor : public Decompressor {
 public:
 protected:
  bool between_members() const override { return !in_member_; }
  Status round(ByteView in, std::span<char> out, Progress& progress) override {
    if (in_member_ && header_.done()) return inflate_some(in, out, progress);
    if (!in_member_) {
      if (const std::size_t padding = padding_of(in); padding != 0) {
        progress.consumed = padding;
        return {};
      }
      if (in.empty()) return {};
      in_member_ = true;
      header_ = GzipHeader();
      isal_inflate_init(state_.get());
      state_->crc_flag = ISAL_GZIP_NO_HDR_VER;  // no header, but the trailer is checked
    }
    progress.consumed = header_.read(in);
    if (!header_.wrong()) return {};
    return Status(Code::corrupt, members() == 0 ? "gzip: wrong header" : "gzip: garbage after the last member");
  }

 private:
  std::size_t padding_of(ByteView in) const {
    if (members() == 0) return 0;
    const std::size_t end = in.find_first_not_of('\0');
    return end == ByteView::npos ? in.size() : end;
  }

  Status inflate_some(ByteView in, std::span<char> out, Progress& progress) {
    state_->next_in = bytes(in.data());
    state_->avail_in = bounded(in.size());
    state_->next_out = bytes(out.data());
    state_->avail_out = bounded(out.size());
    const int result = isal_inflate(state_.get());
    // At an error ISA-L gives back what it had read ahead, also bytes of an earlier call: not ours to take.
    const bool beyond = state_->avail_in > bounded(in.size());
    progress.consumed = beyond ? 0 : bounded(in.size()) - state_->avail_in;
    progress.produced = bounded(out.size()) - state_->avail_out;
    if (result < 0 || beyond) return Status(Code::corrupt, text_of(result));
    if (state_->block_state == ISAL_BLOCK_FINISH) {
      progress.member_ended = true;
      in_member_ = false;
    }
    return {};
  }

  std::unique_ptr<inflate_state> state_ = std::make_unique<inflate_state>();
  GzipHeader header_;
  bool in_member_ = false;
};

// ISA-L, levels 1 to 3: the whole chunk in one call, header and checksum included.
class FastGzipCompressor : public Compressor {
 public:
  explicit FastGzipCompressor(int level) : level_(static_cast<std::uint32_t>(level)), work_(work_size(level)) {}

  Status compress(ByteView chunk, Buffer& out) override {
    if (chunk.size() > std::numeric_limits<std::int32_t>::max()) return Status(Code::limit, "gzip: chunk of 2 GiB or more");
    // At worst the data is stored: 5 bytes for every 64 KiB, header and trailer.
    const std::size_t room = chunk.size() + chunk.size() / 4096 + 1024;
    isal_zstream stream;
    isal_deflate_stateless_init(&stream);
    stream.gzip_flag = IGZIP_GZIP;
    stream.level = level_;
    stream.level_buf = work_.data();
    stream.level_buf_size = static_cast<std::uint32_t>(work_.size());
    stream.end_of_stream = 1;
    stream.flush = NO_FLUSH;
    stream.next_in = bytes(chunk.data());
    stream.avail_in = static_cast<std::uint32_t>(chunk.size());
    stream.next_out = bytes(out.room(room));
    stream.avail_out = static_cast<std::uint32_t>(std::min<std::size_t>(room, std::numeric_limits<std::uint32_t>::max()));
    const int result = isal_deflate_stateless(&stream);
    if (result != COMP_OK) return Status(Code::limit, "gzip: compression failed (" + std::to_string(result) + ")");
    out.add_size(stream.total_out);
    return {};
  }

 private:
  static std::size_t work_size(int level) {
    return level == 1 ? ISAL_DEF_LVL1_DEFAULT : level == 2 ? ISAL_DEF_LVL2_DEFAULT : ISAL_DEF_LVL3_DEFAULT;
  }

  std::uint32_t level_;
  std::vector<std::uint8_t> work_;
};

// zlib, levels 4 to 9.
class DenseGzipCompressor : public Compressor {
 public:
  explicit DenseGzipCompressor(int level) {
    usable_ = deflateInit2(&stream_, level, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~DenseGzipCompressor() override { deflateEnd(&stream_); }
  DenseGzipCompressor(const DenseGzipCompressor&) = delete;
  DenseGzipCompressor& operator=(const DenseGzipCompressor&) = delete;

  Status compress(ByteView chunk, Buffer& out) override {
    if (!usable_ || deflateReset(&stream_) != Z_OK) return Status(Code::limit, "gzip: no memory");
    if (chunk.size() > std::numeric_limits<std::int32_t>::max()) return Status(Code::limit, "gzip: chunk of 2 GiB or more");
    const std::size_t room = deflateBound(&stream_, chunk.size());
    stream_.next_in = bytes(chunk.data());
    stream_.avail_in = static_cast<uInt>(chunk.size());
    stream_.next_out = bytes(out.room(room));
    stream_.avail_out = static_cast<uInt>(room);
    if (deflate(&stream_, Z_FINISH) != Z_STREAM_END) return Status(Code::limit, "gzip: compression failed");
    out.add_size(stream_.total_out);
    return {};
  }

 private:
  z_stream stream_{};
  bool usable_ = false;
};

}  // namespace

std::unique_ptr<Decompressor> make_gzip_decompressor() { return std::make_unique<GzipDecompressor>(); }

std::unique_ptr<Compressor> make_gzip_compressor(int level) {
  if (level <= 3) return std::make_unique<FastGzipCompressor>(level);
  return std::make_unique<DenseGzipCompressor>(level);
}

}  // namespace penstock
