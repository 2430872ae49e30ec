// The file sink's options, checked.
#pragma once
#include <chrono>
#include <cstdint>

#include "bindings/compress/compressor.h"
#include "bindings/sink/path_template.h"
#include "runtime/base/value.h"

namespace penstock {

// When what was written must be on the disk before it is acked.
enum class SyncRule : std::uint8_t { automatic, always, never };

struct FileSinkOptions {
  PathTemplate path;
  std::string format = "ndjson";
  Compression compression = Compression::none;
  int level = 0;
  std::uint64_t rotate_bytes = 0;                    // 0: never
  std::chrono::milliseconds rotate_interval{0};      // 0: never
  std::uint64_t batch_bytes = 1 << 20;
  std::chrono::milliseconds linger{1000};
  SyncRule sync = SyncRule::automatic;
  unsigned mode = 0644;
};

// From `path`, `format`, `compression`, `compression_level`, `rotate_bytes`, `rotate_interval_ms`, `batch_bytes`, `linger_ms`,
// `fsync` and `mode`; see file_sink.h for what they mean. Code::invalid says which is wrong and why.
Result<FileSinkOptions> parse_file_options(const Value& options);

}  // namespace penstock
