// How an output that is already there goes on: where its last whole entry ends.
#pragma once
#include <cstdint>

#include "bindings/compress/compression.h"
#include "runtime/base/file_system.h"
#include "runtime/base/status.h"
#include "runtime/plan/codec.h"

namespace penstock {

// What has to be written before the next entry.
enum class Lead : std::uint8_t { nothing, prefix, separator };

struct OutputTail {
  std::uint64_t whole = 0;    // bytes up to here stay; what follows is the closing suffix, or was torn and never acked
  bool torn = false;          // something beyond `whole` is no suffix
  Lead lead = Lead::prefix;
};

// Looks at a regular file of `size` bytes, open for reading.
//   lines            everything after the last separator is torn;
//   with a suffix    (a JSON array) a file that ends with it is complete; else what follows the last separator is torn, because a
//                    separator is written with the entry after it. (Entries with the separator's bytes inside them, pretty-printed
//                    JSON, can be cut in their middle then.)
//   compressed       the whole file is decoded: what follows the last whole member is torn. A snappy stream can end after any
//                    chunk, so for it also what follows the last separator at a chunk's end.
// Code::invalid: the file is nothing that this sink wrote. Code::corrupt: damaged after a good start. Code::io: unreadable.
Result<OutputTail> find_tail(FileSystem& files, int fd, std::uint64_t size, const Framing& framing, Compression compression);

}  // namespace penstock
