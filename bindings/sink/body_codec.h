// Whole bodies, compressed and back: what delivery needs to make and halve packages.
#pragma once
#include <map>
#include <memory>
#include <string>

#include "bindings/compress/compression.h"
#include "bindings/compress/compressor.h"
#include "runtime/delivery/halves.h"

namespace penstock {

// Compresses by one compression at its level, and whatever else a package from the spool says at that one's standard level.
// One worker's thread.
class CompressedBodies final : public BodyCodec {
 public:
  // Requires a level from check_level().
  CompressedBodies(Compression compression, int level);
  ~CompressedBodies() override;

  Status decode(const std::string& compression, ByteView body, std::uint64_t plain_bytes, Buffer& plain) override;
  Status encode(const std::string& compression, ByteView plain, Buffer& body) override;

 private:
  Status compress(Compression compression, ByteView plain);

  const Compression compression_;
  const int level_;
  std::map<Compression, std::unique_ptr<Compressor>> compressors_;
  Buffer scratch_;  // compressors ask for room for the worst case; packages keep what they fill
};

}  // namespace penstock
