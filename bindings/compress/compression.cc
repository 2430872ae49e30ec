#include "bindings/compress/compression.h"

namespace penstock {

namespace {

struct Row {
  Compression compression;
  std::string_view name;
  std::string_view extensions[2];
};

constexpr Row rows[] = {
    {Compression::none, "none", {"", ""}},          {Compression::gzip, "gzip", {".gz", ""}},
    {Compression::zlib, "zlib", {".zz", ".zlib"}},  {Compression::snappy, "snappy", {".sz", ".snappy"}},
    {Compression::zstd, "zstd", {".zst", ".zstd"}}, {Compression::lz4, "lz4", {".lz4", ""}},
    {Compression::snappy_block, "snappy_block", {"", ""}},
};

const Row& row_of(Compression compression) { return rows[static_cast<std::size_t>(compression)]; }

bool is_skippable_zstd(ByteView b) {
  return b.size() >= 4 && (static_cast<unsigned char>(b[0]) & 0xf0) == 0x50 && b.substr(1, 3) == "\x2a\x4d\x18";
}

}  // namespace

std::string_view name_of(Compression compression) { return row_of(compression).name; }

std::optional<Compression> compression_of_name(std::string_view name) {
  for (const Row& row : rows) {
    if (row.name == name) return row.compression;
  }
  return std::nullopt;
}

std::string_view extension_of(Compression compression) { return row_of(compression).extensions[0]; }

Compression compression_of_path(std::string_view path) {
  for (const Row& row : rows) {
    for (std::string_view extension : row.extensions) {
      if (!extension.empty() && path.ends_with(extension)) return row.compression;
    }
  }
  return Compression::none;
}

std::optional<Compression> sniff(ByteView b) {
  if (b.starts_with("\x1f\x8b\x08")) return Compression::gzip;
  if (b.starts_with("\x28\xb5\x2f\xfd") || is_skippable_zstd(b)) return Compression::zstd;
  if (b.starts_with("\x04\x22\x4d\x18")) return Compression::lz4;
  if (b.starts_with(ByteView("\xff\x06\x00\x00sNaPpY", 10))) return Compression::snappy;
  if (b.starts_with("\x78\x01") || b.starts_with("\x78\x9c") || b.starts_with("\x78\xda")) return Compression::zlib;
  return std::nullopt;
}

}  // namespace penstock
