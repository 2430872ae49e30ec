// What tells one file from another, over renames, truncations, reused inodes and restarts.
#pragma once
#include <compare>
#include <cstdint>
#include <string>

#include "runtime/base/bytes.h"
#include "runtime/base/status.h"

namespace penstock {

// Names a file for as long as it exists; the system gives the same pair to a new file later.
struct FileId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  auto operator<=>(const FileId&) const = default;
};

// What a look at a file says.
struct FileStatus {
  FileId id;
  std::uint64_t size = 0;
  std::int64_t changed_ns = 0;  // mtime
  bool regular = false;
  bool directory = false;
  bool linked = false;  // has a name somewhere; false: deleted, and gone with its last descriptor
};

// Follows symbolic links. Failure: the system's, with the path.
Result<FileStatus> status_of(const std::string& path);
Result<FileStatus> status_of(int fd);

// A hash (FNV-1a, 64 bits) of `length` bytes. Not against forgery: against mistaking one log file for another.
struct Fingerprint {
  // Bytes beyond this are never looked at; what is hashed is bounded on the stack.
  static constexpr std::uint32_t length_max = 4096;

  std::uint32_t length = 0;
  std::uint64_t hash = 0;
  bool operator==(const Fingerprint&) const = default;
};

Fingerprint fingerprint_of(ByteView bytes);
// Of the file's bytes from `offset` on; shorter than `length` where the file ends earlier or cannot be read.
Fingerprint fingerprint_at(int fd, std::uint64_t offset, std::uint32_t length);
// Of up to `length` bytes that end at `position`.
Fingerprint fingerprint_before(int fd, std::uint64_t position, std::uint32_t length);

}  // namespace penstock
