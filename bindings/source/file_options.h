// The options of the `file` source, checked.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "bindings/compress/compression.h"
#include "bindings/source/path_pattern.h"
#include "runtime/base/value.h"

namespace penstock {

//   path               a path or glob (PathPattern), or a list of them
//   exclude            globs of files to leave out
//   follow             true: tail; false: read to the end and finish                   default true
//   from               "beginning" or "end": where to start in files that are there at the start and have no checkpoint, when
//                      following                                                       default "beginning"
//   rescan_ms          how often to look without being told of a change                default 1000, at least 1
//   compression        "auto": by the first bytes; or none, gzip, zlib, snappy, zstd, lz4   default "auto"
//   files_open_max     descriptors of all workers together; never more than half of RLIMIT_NOFILE   default 512
//   fingerprint_bytes  of a file's head that tell it from another, 16 to 4096          default 256
struct FileOptions {
  std::vector<PathPattern> paths;
  std::vector<PathPattern> exclude;
  bool follow = true;
  bool from_end = false;  // only when following
  std::chrono::milliseconds rescan{1000};
  std::chrono::milliseconds grace{5000};  // how long a rotated file may still be written to; no option
  std::optional<Compression> compression;  // nothing: by the first bytes
  std::size_t files_open_max = 512;
  std::uint32_t fingerprint_bytes = 256;

  // Code::invalid for a broken glob or an unknown compression.
  static Result<FileOptions> from(const Value& options);

  // What the patterns match now, without what is excluded; tidy.
  PathsFound find() const;
  std::string describe() const;
};

}  // namespace penstock
