// lz4 frames (the LZ4 Frame Format text, version 1.6), by liblz4. Not the legacy frame, not the bare block.
#include <lz4frame.h>

#include <string>

#include "bindings/compress/formats.h"

namespace penstock {

namespace {

class Lz4Decompressor : public Decompressor {
 public:
  Lz4Decompressor() {
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context_, LZ4F_VERSION))) context_ = nullptr;
  }
  ~Lz4Decompressor() override { LZ4F_freeDecompressionContext(context_); }
  Lz4Decompressor(const Lz4Decompressor&) = delete;
  Lz4Decompressor& operator=(const Lz4Decompressor&) = delete;

 protected:
  bool between_members() const override { return !in_frame_; }
  Status round(ByteView in, std::span<char> out, Progress& progress) override {
    if (!context_) return Status(Code::corrupt, "lz4: no memory");
    if (!in_frame_ && in.empty()) return {};
    std::size_t consumed = in.size();
    std::size_t produced = out.size();
    const std::size_t result = LZ4F_decompress(context_, out.data(), &produced, in.data(), &consumed, nullptr);
    if (LZ4F_isError(result)) return Status(Code::corrupt, std::string("lz4: ") + LZ4F_getErrorName(result));
    progress.consumed = consumed;
    progress.produced = produced;
    progress.member_ended = result == 0;
    in_frame_ = result != 0;
    return {};
  }

 private:
  LZ4F_dctx* context_ = nullptr;
  bool in_frame_ = false;
};

class Lz4Compressor : public Compressor {
 public:
  explicit Lz4Compressor(int level) {
    preferences_.compressionLevel = level;
    preferences_.frameInfo.blockSizeID = LZ4F_max256KB;
    preferences_.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
  }

  Status compress(ByteView chunk, Buffer& out) override {
    preferences_.frameInfo.contentSize = chunk.size();
    const std::size_t room = LZ4F_compressFrameBound(chunk.size(), &preferences_);
    char* to = out.room(room);
    const std::size_t result = LZ4F_compressFrame(to, room, chunk.data(), chunk.size(), &preferences_);
    if (LZ4F_isError(result)) return Status(Code::limit, std::string("lz4: ") + LZ4F_getErrorName(result));
    out.add_size(result);
    return {};
  }

 private:
  LZ4F_preferences_t preferences_ = LZ4F_INIT_PREFERENCES;
};

}  // namespace

std::unique_ptr<Decompressor> make_lz4_decompressor() { return std::make_unique<Lz4Decompressor>(); }

std::unique_ptr<Compressor> make_lz4_compressor(int level) { return std::make_unique<Lz4Compressor>(level); }

}  // namespace penstock
