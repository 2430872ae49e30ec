// A snappy block as it is (google/snappy, format_description.txt): its size uncompressed, then its elements. Nothing says
// where it ends but that size.
#include <snappy.h>

#include <algorithm>
#include <limits>

#include "bindings/compress/formats.h"

namespace penstock {

namespace {

// No element makes more than 64 bytes of 2: a block that claims more than this for each of its bytes is none.
constexpr std::size_t expansion_max = 32;
constexpr std::size_t block_bytes_max = std::numeric_limits<std::uint32_t>::max();

class SnappyBlockDecompressor : public Decompressor {
 protected:
  bool between_members() const override { return gathered_.empty() && handed_out_ == decoded_.size(); }
  Status round(ByteView in, std::span<char> out, Progress& progress) override {
    if (handed_out_ < decoded_.size()) {
      const std::size_t size = std::min(out.size(), decoded_.size() - handed_out_);
      std::memcpy(out.data(), decoded_.data() + handed_out_, size);
      handed_out_ += size;
      progress.produced = size;
      progress.member_ended = handed_out_ == decoded_.size();
      return {};
    }
    if (in.empty()) return {};
    if (done_) return Status(Code::corrupt, "snappy: something follows the block");
    gathered_.append(in);
    progress.consumed = in.size();
    if (decode()) progress.member_ended = decoded_.empty();
    return {};
  }

 private:
  // False: not whole yet (or damaged, which is told by its never getting whole).
  bool decode() {
    std::size_t size = 0;
    if (!snappy::GetUncompressedLength(gathered_.data(), gathered_.size(), &size)) return false;
    if (size > gathered_.size() * expansion_max) return false;
    if (!snappy::RawUncompress(gathered_.data(), gathered_.size(), decoded_.room(size))) return false;
    decoded_.set_size(size);
    gathered_.clear();
    done_ = true;
    return true;
  }

  Buffer gathered_;
  Buffer decoded_;
  std::size_t handed_out_ = 0;  // of decoded_
  bool done_ = false;
};

class SnappyBlockCompressor : public Compressor {
 public:
  Status compress(ByteView chunk, Buffer& out) override {
    if (chunk.size() > block_bytes_max) return Status(Code::limit, "snappy: more than 4 GiB in one block");
    std::size_t size = 0;
    snappy::RawCompress(chunk.data(), chunk.size(), out.room(snappy::MaxCompressedLength(chunk.size())), &size);
    out.add_size(size);
    return {};
  }
};

}  // namespace

std::optional<std::uint64_t> snappy_block_size(ByteView block) {
  std::size_t size = 0;
  return snappy::GetUncompressedLength(block.data(), block.size(), &size) ? std::optional<std::uint64_t>(size) : std::nullopt;
}

std::unique_ptr<Decompressor> make_snappy_block_decompressor() { return std::make_unique<SnappyBlockDecompressor>(); }

std::unique_ptr<Compressor> make_snappy_block_compressor() { return std::make_unique<SnappyBlockCompressor>(); }

}  // namespace penstock
