// A package as the bytes of a file, as SPOOL_FORMAT.md describes them.
#pragma once
#include <array>
#include <cstdint>

#include "runtime/base/bytes.h"
#include "runtime/base/status.h"
#include "runtime/delivery/package.h"

namespace penstock {

// No body is larger, compressed or not.
inline constexpr std::uint64_t spool_body_bytes_max = std::uint64_t{2} << 30;

// The file is head, body, tail. Requires an id of 32 hexadecimal digits, names of less than 256 (compression) and 65536 bytes
// (content type), and sizes_agree().
void append_spool_head(const Package& package, Buffer& out);
std::array<char, 8> spool_tail(ByteView body);
// Of the whole file.
std::uint64_t spool_file_bytes(const Package& package);

// What the sizes in a file's head are read from.
inline constexpr std::uint64_t spool_fixed_bytes = 72;
// Whether a file that begins with `start` (spool_fixed_bytes, or all of a shorter file) and has `file_bytes` bytes can be a
// package: before memory is taken for the rest. Fails as parse_spool_file().
Status check_spool_sizes(ByteView start, std::uint64_t file_bytes);
// Reads a whole file; the package has no acks. Code::corrupt says what does not hold, Code::unsupported is a format that a newer
// penstock wrote. Takes any bytes; memory: in proportion to them.
Result<Package> parse_spool_file(ByteView file);

}  // namespace penstock
