// Which worker reads what.
#pragma once
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "bindings/source/file_memory.h"
#include "bindings/source/file_options.h"

namespace penstock {

// For followed files: each file has one worker, for as long as it is known. Shared by the workers, and guarded for them.
class FileOwners {
 public:
  explicit FileOwners(int workers) : bytes_(static_cast<std::size_t>(workers), 0) {}

  // The file's worker; a new file gets the one with the fewest bytes so far.
  int owner(const FileId& id, std::uint64_t size);
  // A file that this very worker has found, and nobody else can.
  void claim(const FileId& id, int worker);
  // The file is gone: its id may come back as another file's.
  void release(const FileId& id);

 private:
  std::mutex mutex_;
  std::map<FileId, int> owners_;
  std::vector<std::uint64_t> bytes_;
};

// A file, or a range of one, that is to be read to its end.
struct FileShare {
  std::string path;
  FileId id;
  std::uint64_t size = 0;        // of the share
  FileRecord record;             // where to begin; its range; key empty: new
  bool moved = false;            // the record is of a known content that this file goes on with
};

// All that a source with follow = false reads, shared out over its workers.
struct FileShares {
  // Not ok: nothing can be read. Code::not_found for a path that is not there, or patterns that match nothing.
  Status status;
  // What cannot be read while the rest can, and bytes that were lost since the last run.
  struct Trouble {
    std::string message;
    std::uint64_t bytes_lost = 0;
  };
  std::vector<Trouble> troubles;
  std::vector<std::vector<FileShare>> by_worker;
};

// A single plain file of more than this is cut into a range for each worker, when the pipeline lets events overtake.
inline constexpr std::uint64_t split_bytes_min = 8 * 1024 * 1024;

// Looks at the disk and at what earlier runs have read. Files of a share keep their order by path.
FileShares share_out(const FileOptions& options, FileMemory& memory, const CheckpointPlace& place, int workers, bool may_split);

}  // namespace penstock
