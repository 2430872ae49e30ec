// zlib streams (RFC 1950), by zlib.
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <string>

#include "bindings/compress/formats.h"

namespace penstock {

namespace {

Bytef* bytes(const char* at) { return reinterpret_cast<Bytef*>(const_cast<char*>(at)); }

uInt bounded(std::size_t size) { return static_cast<uInt>(std::min<std::size_t>(size, 1u << 30)); }

class ZlibDecompressor : public Decompressor {
 public:
  ZlibDecompressor() { usable_ = inflateInit(&stream_) == Z_OK; }
  ~ZlibDecompressor() override { inflateEnd(&stream_); }
  ZlibDecompressor(const ZlibDecompressor&) = delete;
  ZlibDecompressor& operator=(const ZlibDecompressor&) = delete;

 protected:
  bool between_members() const override { return consumed() == 0 || members() != 0; }
  Status round(ByteView in, std::span<char> out, Progress& progress) override {
    if (!usable_) return Status(Code::corrupt, "zlib: no memory");
    if (members() != 0) return in.empty() ? Status() : Status(Code::corrupt, "zlib: garbage after the end of the stream");
    stream_.next_in = bytes(in.data());
    stream_.avail_in = bounded(in.size());
    stream_.next_out = bytes(out.data());
    stream_.avail_out = bounded(out.size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    progress.consumed = bounded(in.size()) - stream_.avail_in;
    progress.produced = bounded(out.size()) - stream_.avail_out;
    progress.member_ended = result == Z_STREAM_END;
    if (result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR) return {};
    return Status(Code::corrupt, std::string("zlib: ") + (stream_.msg ? stream_.msg : "damaged data"));
  }

 private:
  z_stream stream_{};
  bool usable_ = false;
};

}  // namespace

std::unique_ptr<Decompressor> make_zlib_decompressor() { return std::make_unique<ZlibDecompressor>(); }

// `before` is the stream as it was at the last commit, good while `open` says that something came after it.
struct ZlibStream::State {
  z_stream now{};
  z_stream before{};
  bool usable = false;
  bool open = false;
};

ZlibStream::ZlibStream(int level) : state_(std::make_unique<State>()) {
  state_->usable = deflateInit(&state_->now, level) == Z_OK;
}

ZlibStream::~ZlibStream() {
  commit();
  deflateEnd(&state_->now);
}

Status ZlibStream::append(ByteView chunk, Buffer& out) { return run(chunk, Z_SYNC_FLUSH, out); }

Status ZlibStream::finish(Buffer& out) { return run({}, Z_FINISH, out); }

Status ZlibStream::run(ByteView chunk, int flush, Buffer& out) {
  commit();
  if (chunk.size() > std::numeric_limits<std::int32_t>::max()) return Status(Code::limit, "zlib: chunk of 2 GiB or more");
  if (!state_->usable || deflateCopy(&state_->before, &state_->now) != Z_OK) return Status(Code::limit, "zlib: no memory");
  state_->open = true;
  const std::size_t start = out.size();
  z_stream& stream = state_->now;
  stream.next_in = bytes(chunk.data());
  stream.avail_in = static_cast<uInt>(chunk.size());
  do {
    const std::size_t room = std::max<std::size_t>(stream.avail_in / 2, 4096);
    stream.next_out = bytes(out.room(room));
    stream.avail_out = static_cast<uInt>(room);
    const int result = deflate(&stream, flush);
    out.add_size(room - stream.avail_out);
    if (result == Z_STREAM_ERROR) {
      rollback();
      out.set_size(start);
      return Status(Code::limit, "zlib: compression failed");
    }
  } while (stream.avail_out == 0);
  return {};
}

void ZlibStream::commit() {
  if (state_->open) deflateEnd(&state_->before);
  state_->open = false;
}

void ZlibStream::rollback() {
  if (!state_->open) return;
  deflateEnd(&state_->now);
  // A z_stream is known by its address, so it is copied back, not moved.
  if (deflateCopy(&state_->now, &state_->before) != Z_OK) state_->usable = false;
  commit();
}

}  // namespace penstock
