#include "runtime/delivery/dead_letter_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

namespace penstock {

Result<DeadLetterLock> DeadLetterLock::take(const std::string& directory) {
  const std::string path = directory + "/lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Status::from_errno(errno, path);
  DeadLetterLock lock(fd);
  while (::flock(fd, LOCK_EX) != 0)
    if (errno != EINTR) return Status::from_errno(errno, path);
  return lock;
}

DeadLetterLock::~DeadLetterLock() {
  if (fd_ >= 0) ::close(fd_);
}

Status sync_directory(const std::string& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Status::from_errno(errno, directory);
  const int error = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  return error == 0 ? Status() : Status::from_errno(error, directory);
}

}  // namespace penstock
