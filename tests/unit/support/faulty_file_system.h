// The real file system, with failures where a test wants them.
#pragma once
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "runtime/base/file_system.h"

namespace penstock::testing {

class FaultyFileSystem : public FileSystem {
 public:
  // The calls from the `first`-th on (from 1; all kinds counted) fail with `error`, `times` of them.
  void fail(int first, int error, int times = 1) {
    first_ = calls_ + first;
    last_ = first_ + times - 1;
    error_ = error;
  }
  // From now on writes give ENOSPC once `bytes` more were written (a write that crosses the border is short).
  void disk_full_after(std::int64_t bytes) { room_ = bytes; }
  void disk_has_room() { room_ = -1; }
  // fsync fails with `error`, all other calls work. 0: it works again.
  void fail_sync(int error) { sync_error_ = error; }
  // Existing files whose names end so cannot be opened for reading. Empty: they can again.
  void forbid_open(const std::string& ending) { unreadable_ = ending; }
  std::int64_t bytes_read() const { return bytes_read_; }
  int calls() const { return calls_; }
  int syncs() const { return syncs_; }
  void forget_fault() { first_ = last_ = 0; }

  int open(const std::string& path, int flags, unsigned mode) override {
    if (!unreadable_.empty() && (flags & O_ACCMODE) == O_RDONLY && path.ends_with(unreadable_)) return -EMFILE;
    return faulty() ? -error_ : real_.open(path, flags, mode);
  }
  int close(int fd) override {
    const int result = real_.close(fd);
    return faulty() ? -error_ : result;
  }
  int lock(int fd) override { return real_.lock(fd); }
  std::int64_t write(int fd, ByteView bytes) override {
    if (faulty()) return -error_;
    if (room_ < 0) return real_.write(fd, bytes);
    if (room_ == 0) return -ENOSPC;
    const std::int64_t written = real_.write(fd, bytes.substr(0, static_cast<std::size_t>(room_)));
    if (written > 0) room_ -= written;
    return written;
  }
  std::int64_t read_at(int fd, std::span<char> to, std::uint64_t offset) override {
    const std::int64_t result = faulty() ? -error_ : real_.read_at(fd, to, offset);
    bytes_read_ += std::max<std::int64_t>(result, 0);
    return result;
  }
  int seek(int fd, std::uint64_t offset) override { return faulty() ? -error_ : real_.seek(fd, offset); }
  int truncate(int fd, std::uint64_t size) override { return faulty() ? -error_ : real_.truncate(fd, size); }
  int sync(int fd) override {
    ++syncs_;
    if (sync_error_ != 0) return -sync_error_;
    (void)fd;
    return faulty() ? -error_ : 0;  // a real one would only take time
  }
  int sync_directory(const std::string&) override { return faulty() ? -error_ : 0; }
  int info(int fd, Info& info) override { return faulty() ? -error_ : real_.info(fd, info); }
  int info(const std::string& path, Info& info) override { return faulty() ? -error_ : real_.info(path, info); }
  int rename_no_replace(const std::string& from, const std::string& to) override {
    return faulty() ? -error_ : real_.rename_no_replace(from, to);
  }
  int make_directories(const std::string& directory, unsigned mode) override { return faulty() ? -error_ : real_.make_directories(directory, mode); }
  int remove(const std::string& path) override { return faulty() ? -error_ : real_.remove(path); }
  int list(const std::string& directory, std::vector<std::string>& names) override { return faulty() ? -error_ : real_.list(directory, names); }

 private:
  bool faulty() {
    ++calls_;
    return calls_ >= first_ && calls_ <= last_;
  }

  FileSystem& real_ = real_file_system();
  int calls_ = 0;
  int first_ = 0;
  int last_ = 0;
  int error_ = EIO;
  std::int64_t room_ = -1;
  int sync_error_ = 0;
  int syncs_ = 0;
  std::string unreadable_;
  std::int64_t bytes_read_ = 0;
};

}  // namespace penstock::testing
