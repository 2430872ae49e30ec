#include "bindings/sink/body_codec.h"

#include "bindings/compress/decompressor.h"

namespace penstock {

CompressedBodies::CompressedBodies(Compression compression, int level) : compression_(compression), level_(level) {}
CompressedBodies::~CompressedBodies() = default;

Status CompressedBodies::encode(const std::string& name, ByteView plain, Buffer& body) {
  const std::optional<Compression> compression = compression_of_name(name);
  if (!compression) return Status(Code::unsupported, "unknown compression \"" + name + "\"");
  ByteView made = plain;
  if (*compression != Compression::none) {
    scratch_.clear();
    if (Status status = compress(*compression, plain); !status.ok()) return status;
    made = scratch_.view();
  }
  body = Buffer(made.size());
  body.append(made);
  return {};
}

Status CompressedBodies::compress(Compression compression, ByteView plain) {
  const int level = compression == compression_ ? level_ : levels_of(compression).standard;
  if (compression == Compression::zlib) {
    ZlibStream stream(level);
    if (Status status = stream.append(plain, scratch_); !status.ok()) return status;
    stream.commit();
    if (Status status = stream.finish(scratch_); !status.ok()) return status;
    stream.commit();
    return {};
  }
  std::unique_ptr<Compressor>& compressor = compressors_[compression];
  if (!compressor) compressor = make_compressor(compression, level);
  return compressor->compress(plain, scratch_);
}

Status CompressedBodies::decode(const std::string& name, ByteView body, std::uint64_t plain_bytes, Buffer& plain) {
  const std::optional<Compression> compression = compression_of_name(name);
  if (!compression) return Status(Code::unsupported, "unknown compression \"" + name + "\"");
  plain = Buffer(static_cast<std::size_t>(plain_bytes) + 1);
  const std::unique_ptr<Decompressor> decompressor = make_decompressor(*compression);
  for (;;) {
    const std::span<char> room(plain.end(), plain.capacity() - plain.size());
    if (room.empty()) return Status(Code::corrupt, "the body is larger than the package tells");
    Result<Progress> step = decompressor->step(body, room);
    if (!step.ok()) return Status(step.status().code(), step.status().text());
    body.remove_prefix(step->consumed);
    plain.add_size(step->produced);
    if (body.empty() && step->produced == 0 && !step->member_ended) break;
  }
  if (plain.size() != plain_bytes || !decompressor->at_clean_end()) return Status(Code::corrupt, "the body is shorter than the package tells");
  return {};
}

}  // namespace penstock
