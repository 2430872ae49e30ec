// Keeps writers and removers of dead letters apart, over processes too. Internal to this folder.
#pragma once
#include <string>

#include "runtime/base/status.h"

namespace penstock {

// DIRECTORY/lock, held while it lives. Waits for it.
class DeadLetterLock {
 public:
  static Result<DeadLetterLock> take(const std::string& directory);
  DeadLetterLock(DeadLetterLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  DeadLetterLock& operator=(DeadLetterLock&&) = delete;
  ~DeadLetterLock();

 private:
  explicit DeadLetterLock(int fd) : fd_(fd) {}
  int fd_;
};

// Makes renames in `directory` durable.
Status sync_directory(const std::string& directory);

}  // namespace penstock
