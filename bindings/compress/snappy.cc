// The snappy framing format (google/snappy, framing_format.txt): chunks of at most 64 KiB, each with its masked CRC-32C.
#include <snappy.h>

#include <algorithm>
#include <string>

#include "bindings/compress/crc32c.h"
#include "bindings/compress/formats.h"

namespace penstock {

namespace {

constexpr std::size_t chunk_size_max = 65536;  // uncompressed
constexpr ByteView stream_identifier("\xff\x06\x00\x00sNaPpY", 10);
constexpr unsigned char type_compressed = 0x00;
constexpr unsigned char type_plain = 0x01;
constexpr unsigned char type_skippable_first = 0x80;
constexpr unsigned char type_identifier = 0xff;
constexpr std::size_t header_size = 4;
constexpr std::size_t checksum_size = 4;

std::uint32_t masked_checksum(ByteView data) {
  const std::uint32_t crc = crc32c(data);
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

std::uint32_t read_le(const char* at, int size) {
  std::uint32_t value = 0;
  for (int i = size - 1; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(at[i]);
  return value;
}

void write_le(char* to, std::uint32_t value, int size) {
  for (int i = 0; i < size; ++i) to[i] = static_cast<char>(value >> (8 * i) & 0xff);
}

class SnappyDecompressor : public Decompressor {
 public:
 protected:
  bool between_members() const override { return gathered_.empty() && skip_ == 0 && handed_out_ == decoded_.size(); }
  Status round(ByteView in, std::span<char> out, Progress& progress) override {
    if (handed_out_ < decoded_.size()) {
      hand_out(out, progress);
      return {};
    }
    if (skip_ != 0) {
      progress.consumed = std::min<std::size_t>(skip_, in.size());
      skip_ -= static_cast<std::uint32_t>(progress.consumed);
      return {};
    }
    return gather(in, progress);
  }

 private:
  void hand_out(std::span<char> out, Progress& progress) {
    const std::size_t size = std::min(out.size(), decoded_.size() - handed_out_);
    std::memcpy(out.data(), decoded_.data() + handed_out_, size);
    handed_out_ += size;
    progress.produced = size;
    progress.member_ended = handed_out_ == decoded_.size();
  }

  // Collects a chunk's header, then its body, then decodes it.
  Status gather(ByteView in, Progress& progress) {
    const std::size_t size = std::min(wanted_ - gathered_.size(), in.size());
    gathered_.append(in.substr(0, size));
    progress.consumed = size;
    if (gathered_.size() < wanted_) return {};
    if (wanted_ == header_size) {
      if (Status status = look_at_header(); !status.ok()) return status;
      if (wanted_ != header_size || gathered_.empty()) return {};
    }
    Status status = decode_chunk(progress);
    gathered_.clear();
    wanted_ = header_size;
    return status;
  }

  // Says how much of the chunk is wanted: all of a data chunk or identifier, nothing of one to skip.
  Status look_at_header() {
    const auto type = static_cast<unsigned char>(gathered_.data()[0]);
    const std::uint32_t size = read_le(gathered_.data() + 1, 3);
    if (!begun_ && type != type_identifier) return Status(Code::corrupt, "snappy: no stream identifier");
    if (type == type_identifier) {
      if (size != stream_identifier.size() - header_size) return Status(Code::corrupt, "snappy: wrong stream identifier");
    } else if (type >= type_skippable_first) {
      skip_ = size;
      gathered_.clear();
      return {};
    } else if (type > type_plain) {
      return Status(Code::corrupt, "snappy: unknown chunk that may not be skipped");
    } else if (size < checksum_size || size > checksum_size + body_size_max(type)) {
      return Status(Code::corrupt, "snappy: wrong size of a chunk");
    }
    wanted_ = header_size + size;
    return {};
  }

  static std::size_t body_size_max(unsigned char type) {
    return type == type_plain ? chunk_size_max : snappy::MaxCompressedLength(chunk_size_max);
  }

  Status decode_chunk(Progress& progress) {
    const auto type = static_cast<unsigned char>(gathered_.data()[0]);
    if (type == type_identifier) {
      begun_ = true;
      return gathered_.view() == stream_identifier ? Status() : Status(Code::corrupt, "snappy: wrong stream identifier");
    }
    const ByteView body = gathered_.view().substr(header_size + checksum_size);
    decoded_.clear();
    handed_out_ = 0;
    if (type == type_plain) {
      decoded_.append(body);
    } else {
      std::size_t size = 0;
      if (!snappy::GetUncompressedLength(body.data(), body.size(), &size) || size > chunk_size_max ||
          !snappy::RawUncompress(body.data(), body.size(), decoded_.room(size))) {
        return Status(Code::corrupt, "snappy: damaged data");
      }
      decoded_.set_size(size);
    }
    if (masked_checksum(decoded_.view()) != read_le(gathered_.data() + header_size, checksum_size)) {
      decoded_.clear();
      return Status(Code::corrupt, "snappy: checksum does not match");
    }
    progress.member_ended = decoded_.empty();
    return {};
  }

  Buffer gathered_;               // the chunk being collected
  std::size_t wanted_ = header_size;
  Buffer decoded_;                // the last chunk's data
  std::size_t handed_out_ = 0;    // of decoded_
  std::uint32_t skip_ = 0;
  bool begun_ = false;
};

class SnappyCompressor : public Compressor {
 public:
  Status compress(ByteView chunk, Buffer& out) override {
    out.append(stream_identifier);
    for (std::size_t at = 0; at < chunk.size(); at += chunk_size_max) add(chunk.substr(at, chunk_size_max), out);
    return {};
  }

 private:
  // Stored plain when compression saves less than an eighth, as the framing text suggests.
  static void add(ByteView data, Buffer& out) {
    char* header = out.room(header_size + checksum_size + snappy::MaxCompressedLength(data.size()));
    char* body = header + header_size + checksum_size;
    std::size_t size = 0;
    snappy::RawCompress(data.data(), data.size(), body, &size);
    const bool plain = size > data.size() - data.size() / 8;
    if (plain) {
      size = data.size();
      std::memcpy(body, data.data(), size);
    }
    header[0] = static_cast<char>(plain ? type_plain : type_compressed);
    write_le(header + 1, static_cast<std::uint32_t>(size + checksum_size), 3);
    write_le(header + header_size, masked_checksum(data), checksum_size);
    out.add_size(header_size + checksum_size + size);
  }
};

}  // namespace

std::unique_ptr<Decompressor> make_snappy_decompressor() { return std::make_unique<SnappyDecompressor>(); }

std::unique_ptr<Compressor> make_snappy_compressor() { return std::make_unique<SnappyCompressor>(); }

}  // namespace penstock
