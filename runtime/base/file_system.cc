#include "runtime/base/file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

namespace penstock {

namespace {

// Makes the call again while it is interrupted; -errno when it fails.
template <class Call>
auto retried(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result < 0 ? static_cast<decltype(result)>(-errno) : result;
}

void fill(const struct stat& from, FileSystem::Info& info) {
  info.regular = S_ISREG(from.st_mode);
  info.directory = S_ISDIR(from.st_mode);
  info.size = static_cast<std::uint64_t>(from.st_size);
  info.device = from.st_dev;
  info.inode = from.st_ino;
}

class RealFileSystem : public FileSystem {
 public:
  int open(const std::string& path, int flags, unsigned mode) override {
    return retried([&] { return ::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY, mode); });
  }
  // Not made again when interrupted: Linux has freed the descriptor by then.
  int close(int fd) override { return ::close(fd) == 0 || errno == EINTR ? 0 : -errno; }
  int lock(int fd) override {
    return retried([&] { return ::flock(fd, LOCK_EX | LOCK_NB); });
  }
  std::int64_t write(int fd, ByteView bytes) override {
    return retried([&] { return ::write(fd, bytes.data(), bytes.size()); });
  }
  std::int64_t read_at(int fd, std::span<char> to, std::uint64_t offset) override {
    return retried([&] { return ::pread(fd, to.data(), to.size(), static_cast<off_t>(offset)); });
  }
  int seek(int fd, std::uint64_t offset) override {
    return ::lseek(fd, static_cast<off_t>(offset), SEEK_SET) < 0 ? -errno : 0;
  }
  int truncate(int fd, std::uint64_t size) override {
    return retried([&] { return ::ftruncate(fd, static_cast<off_t>(size)); });
  }
  int sync(int fd) override {
    return retried([&] { return ::fsync(fd); });
  }
  int sync_directory(const std::string& directory) override {
    const int fd = open(directory, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0) return fd;
    const int result = sync(fd);
    ::close(fd);
    return result == -EINVAL ? 0 : result;  // file systems that cannot need not
  }
  int info(int fd, Info& info) override {
    struct stat found {};
    if (::fstat(fd, &found) != 0) return -errno;
    fill(found, info);
    return 0;
  }
  int info(const std::string& path, Info& info) override {
    struct stat found {};
    if (::stat(path.c_str(), &found) == 0) {
      fill(found, info);
      return 0;
    }
    info.exists = false;
    return errno == ENOENT ? 0 : -errno;
  }
  int rename_no_replace(const std::string& from, const std::string& to) override {
    constexpr unsigned no_replace = 1;  // RENAME_NOREPLACE
    if (::syscall(SYS_renameat2, AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), no_replace) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return -errno;
    // A file system without it: a second name never replaces either.
    if (::link(from.c_str(), to.c_str()) != 0) return -errno;
    return ::unlink(from.c_str()) == 0 ? 0 : -errno;
  }
  int make_directories(const std::string& directory, unsigned mode) override {
    Info info_;
    if (directory.empty() || (info(directory, info_) == 0 && info_.exists)) return 0;
    const std::size_t slash = directory.find_last_of('/');
    if (slash != std::string::npos && slash != 0) {
      if (const int result = make_directories(directory.substr(0, slash), mode); result < 0) return result;
    }
    if (::mkdir(directory.c_str(), mode) != 0 && errno != EEXIST) return -errno;
    const int synced = sync_directory(slash == std::string::npos ? "." : slash == 0 ? "/" : directory.substr(0, slash));
    return synced == -EACCES ? 0 : synced;  // a directory that may be entered and not read cannot be synced
  }
  int remove(const std::string& path) override { return ::unlink(path.c_str()) == 0 ? 0 : -errno; }
  int list(const std::string& directory, std::vector<std::string>& names) override {
    names.clear();
    const auto close = [](DIR* opened) { ::closedir(opened); };
    const std::unique_ptr<DIR, decltype(close)> open_directory(::opendir(directory.c_str()));
    if (!open_directory) return -errno;
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(open_directory.get());
      if (!entry) return -errno;
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
  }
};

}  // namespace

FileSystem& real_file_system() {
  static RealFileSystem files;
  return files;
}

}  // namespace penstock
