// STATE/dead-letter/PIPELINE.ndjson: where a pipeline's dead letters are kept (lines as dead_letter.h says).
#pragma once
#include <cstdint>
#include <mutex>
#include <string>

#include "runtime/base/bytes.h"
#include "runtime/base/status.h"
#include "runtime/delivery/dead_letter.h"

namespace penstock {

struct DeadLetterOptions {
  std::uint64_t file_bytes_max = 64u << 20;  // a file that would grow past this is rotated first
  int files_kept = 4;                        // PIPELINE.ndjson, .1, .2, .3; at least 1
  std::size_t raw_bytes_max = 1u << 20;      // of each event
};

// One for each pipeline, shared by its workers. Thread-safe. Nothing is made on disk before the first letter; then the
// directory has mode 0700 and the files 0600. At the bound the oldest file is removed; its letters are counted in lost() and
// logged. While letters are being removed (DeadLetterReader::remove), writing waits: up to about a second for full files.
class DeadLetterFile {
 public:
  DeadLetterFile(std::string state_directory, std::string pipeline, DeadLetterOptions options = {});
  // Writes what is buffered, without fsync.
  ~DeadLetterFile();
  DeadLetterFile(const DeadLetterFile&) = delete;
  DeadLetterFile& operator=(const DeadLetterFile&) = delete;

  // Takes the letter into the buffer, writing that when it is full (256 KiB). Failure: the letter is not kept, and its
  // event must not be acked as dead-lettered.
  Status write(const DeadLetter& letter);
  // Everything taken so far is durable when this returns ok: to be called before the events are acked. Costs nothing when
  // nothing is new. After a failure the letters stay buffered and the next call tries again.
  Status flush_and_sync();

  std::uint64_t written() const;  // letters taken
  std::uint64_t lost() const;     // letters removed with the oldest file

 private:
  Status write_out();
  Status open_current();
  Status rotate();
  void close();
  Status drop_oldest();
  std::string file_path(int age) const;

  const std::string directory_;
  const std::string pipeline_;
  const std::string path_;
  const DeadLetterOptions options_;

  mutable std::mutex mutex_;  // guards what follows
  Buffer buffer_;
  bool half_written_ = false;  // the buffer begins inside a line
  bool unsynced_ = false;      // written and not yet durable
  std::string sync_failure_;   // not empty: an fsync failed, and nothing is durable any more
  int fd_ = -1;
  std::uint64_t file_bytes_ = 0;
  std::uint64_t written_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace penstock
