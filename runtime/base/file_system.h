// What file outputs and spools ask of the operating system: a seam, so that tests can make any of these calls fail.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/bytes.h"

namespace penstock {

// Every call gives 0 or what it counts, or a negative errno value. Interrupted calls are made again. Thread-safe.
class FileSystem {
 public:
  struct Info {
    bool exists = true;      // by path only
    bool regular = false;    // false: a device, FIFO, socket or directory
    bool directory = false;
    std::uint64_t size = 0;
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    bool same_file(const Info& other) const { return device == other.device && inode == other.inode; }
  };

  virtual ~FileSystem() = default;
  // The descriptor. O_CLOEXEC is added.
  virtual int open(const std::string& path, int flags, unsigned mode) = 0;
  virtual int close(int fd) = 0;
  // Takes the file for this open description, against others and other processes; -EWOULDBLOCK when somebody has it.
  virtual int lock(int fd) = 0;
  // May write less than asked for.
  virtual std::int64_t write(int fd, ByteView bytes) = 0;
  virtual std::int64_t read_at(int fd, std::span<char> to, std::uint64_t offset) = 0;
  virtual int seek(int fd, std::uint64_t offset) = 0;
  virtual int truncate(int fd, std::uint64_t size) = 0;
  virtual int sync(int fd) = 0;
  virtual int sync_directory(const std::string& directory) = 0;
  virtual int info(int fd, Info& info) = 0;
  // A path that leads nowhere is no error: `exists` is false then.
  virtual int info(const std::string& path, Info& info) = 0;
  // -EEXIST when `to` is there: nothing is ever replaced.
  virtual int rename_no_replace(const std::string& from, const std::string& to) = 0;
  // Makes the directory and those above it, as far as they are missing; what was made is durable. `mode`: of those that are made,
  // less the umask.
  virtual int make_directories(const std::string& directory, unsigned mode = 0777) = 0;
  virtual int remove(const std::string& path) = 0;
  // Replaces `names` by the names in a directory, in no order, without `.` and `..`.
  virtual int list(const std::string& directory, std::vector<std::string>& names) = 0;
};

FileSystem& real_file_system();

}  // namespace penstock
