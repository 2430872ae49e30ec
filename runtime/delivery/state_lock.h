// STATE/lock: one process at a time works with a state directory.
#pragma once
#include <string>
#include <utility>

#include "runtime/base/status.h"

namespace penstock {

// Held while it lives; the kernel gives it back when the process ends, however it does.
class StateLock {
 public:
  // Code::denied when somebody else has it: the text names the process. The directory must be there.
  static Result<StateLock> take(const std::string& directory);
  StateLock(StateLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  StateLock& operator=(StateLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~StateLock();

 private:
  explicit StateLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace penstock
