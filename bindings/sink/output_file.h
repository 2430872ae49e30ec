// One file that is written to: appended to in whole chunks, rotated, synced, closed. Shared by the workers that write to its
// path; every call is guarded by one lock.
//
// What is on the disk is always whole entries, up to what a crash tears: a chunk is whole entries, and one that could not be
// written whole is cut off again. A format with a suffix (a JSON array) is complete after every chunk, too: the suffix is
// written after it, and the next chunk goes over it. (A zlib file, and what is no regular file, get it when they are closed.)
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "bindings/compress/compressor.h"
#include "runtime/base/file_system.h"
#include "bindings/sink/output_tail.h"
#include "runtime/plan/codec.h"

namespace penstock {

using WallClock = std::function<std::chrono::system_clock::time_point()>;

struct OutputSettings {
  Framing framing;
  Compression compression = Compression::none;
  int level = 0;
  std::uint64_t rotate_bytes = 0;                 // on disk; 0: never
  std::chrono::milliseconds rotate_interval{0};   // since it was opened; 0: never
  bool sync = false;                              // fsync when it is rotated or closed, and its directory when it is made
  unsigned mode = 0644;
};

class OutputFile {
 public:
  OutputFile(std::string path, OutputSettings settings, FileSystem& files, WallClock clock);
  // Closes without a word; use close().
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  // Makes the directories and the file; cuts off what a crash tore in one that is there, and warns. Done already is fine.
  // The text says the path and, where there is one, a hint.
  Status open();

  // Writes whole entries with the separators between them, as a member of the compression's format (zlib: as they are). Rotates
  // first when that is due. Gives the position to pass to sync(). On failure nothing of the chunk is in the file.
  Result<std::uint64_t> append(ByteView chunk);

  // Everything up to `position` is on the disk when it returns ok; one fsync serves all who wait. A failed fsync is for good,
  // since the system may have forgotten what it could not write: from then on append() and sync() fail.
  Status sync(std::uint64_t position);
  bool sync_failed() const;

  // From now on as if settings().sync had been given.
  void require_sync();

  // Rotates when the interval has passed. Failures are warned about and tried again with the next chunk.
  void rotate_if_due();

  // Ends the output (suffix, end of the stream, fsync). Its content stays; closing twice is fine. append() opens it again.
  Status close();

  const std::string& path() const { return path_; }
  const OutputSettings& settings() const { return settings_; }

 private:
  Status ensure_open();
  Result<int> open_descriptor();
  Status take_over(FileSystem::Info& info);
  Status continue_after(std::uint64_t size);
  void look_for_others_doing();
  Status mend();
  Status write_chunk(ByteView chunk);
  Status write_zlib(ByteView lead, ByteView chunk, bool end);
  Status write_all(ByteView bytes);
  Status cut_back();
  bool rotation_due(std::size_t more) const;
  Status rotate();
  Status rename_aside(std::string& name);
  Status finish();
  Status sync_now();
  void drop_descriptor();
  ByteView lead() const;
  Status failure(int error, const std::string& doing = "") const;

  const std::string path_;
  const OutputSettings settings_;
  FileSystem& files_;
  const WallClock clock_;
  Buffer prefix_, separator_, suffix_;    // as they stand in the file: each a member of its own when compressed

  mutable std::mutex lock_;
  bool sync_;                             // settings_.sync, or somebody required it since
  int fd_ = -1;
  bool regular_ = false;
  bool suffix_follows_ = false;           // it is kept after the last chunk, see above
  bool torn_ = false;                     // something may follow the last whole chunk
  bool finished_ = false;                 // the stream has its end: only rotating or closing may follow
  bool changed_ = false;                  // something was written since it was opened
  bool rotation_failed_ = false;          // and was warned about
  FileSystem::Info identity_;
  std::uint64_t whole_ = 0;               // the file's size up to its last whole chunk
  Lead lead_ = Lead::prefix;
  std::chrono::system_clock::time_point opened_;
  std::unique_ptr<ZlibStream> stream_;    // zlib only
  Buffer scratch_;
  std::uint64_t written_ = 0;             // positions: bytes of all chunks
  std::uint64_t synced_ = 0;
  std::string sync_failure_;
};

}  // namespace penstock
