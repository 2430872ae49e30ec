// The compressed formats that files and connections use, and how to tell them apart.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "runtime/base/bytes.h"

namespace penstock {

enum class Compression : std::uint8_t {
  none,
  gzip,    // RFC 1952
  zlib,    // RFC 1950
  snappy,  // the framing format, `sNaPpY`
  zstd,    // RFC 8878
  lz4,     // the frame format
  snappy_block,  // snappy's raw block (format_description.txt), whole: what `Content-Encoding: snappy` means to most receivers
};

// `none`, `gzip`, ... as scripts write it.
std::string_view name_of(Compression compression);
std::optional<Compression> compression_of_name(std::string_view name);

// The usual ending of a file's name, `.gz`; empty for none.
std::string_view extension_of(Compression compression);
// By the ending of the file's name: .gz .zz .zlib .sz .snappy .zst .zstd .lz4; none when it has no such ending.
Compression compression_of_path(std::string_view path);

// How many bytes sniff() wants to see; fewer do when the stream has no more.
inline constexpr std::size_t sniff_size = 10;
// By the magic number at the start of a stream. Empty: no compressed format is seen (also when too few bytes are there).
// zlib has only a two-byte checksum of a header: 78 01, 78 9c and 78 da are taken for it, and 78 5e is not, because it is
// the text "x^".
std::optional<Compression> sniff(ByteView first_bytes);

}  // namespace penstock
