#include "runtime/delivery/dead_letter_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <memory>
#include <utility>

#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/delivery/dead_letter_lock.h"
#include "runtime/delivery/state_directory.h"

namespace penstock {

namespace {

constexpr std::size_t buffer_bytes_max = 256 * 1024;
constexpr std::size_t read_bytes = 64 * 1024;

// Lines in a file; 0 when it cannot be read.
std::uint64_t count_lines(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  std::uint64_t lines = 0;
  const auto bytes = std::make_unique<char[]>(read_bytes);
  for (ssize_t size; (size = ::read(fd, bytes.get(), read_bytes)) > 0;)
    lines += static_cast<std::uint64_t>(std::count(bytes.get(), bytes.get() + size, '\n'));
  ::close(fd);
  return lines;
}

bool ends_inside_a_line(int fd, std::uint64_t size) {
  char last = '\n';
  return size > 0 && ::pread(fd, &last, 1, static_cast<off_t>(size - 1)) == 1 && last != '\n';
}

}  // namespace

DeadLetterFile::DeadLetterFile(std::string state_directory, std::string pipeline, DeadLetterOptions options)
    : directory_(std::move(state_directory) + "/dead-letter"),
      pipeline_(std::move(pipeline)),
      path_(directory_ + "/" + safe_file_name(pipeline_) + ".ndjson"),
      options_(options) {}

DeadLetterFile::~DeadLetterFile() {
  const std::lock_guard lock(mutex_);
  if (const Status written = write_out(); !written.ok()) log::error("dead letter", written.text());
  close();
}

std::uint64_t DeadLetterFile::written() const {
  const std::lock_guard lock(mutex_);
  return written_;
}

std::uint64_t DeadLetterFile::lost() const {
  const std::lock_guard lock(mutex_);
  return lost_;
}

Status DeadLetterFile::write(const DeadLetter& letter) {
  const std::lock_guard lock(mutex_);
  if (buffer_.size() >= buffer_bytes_max)
    if (Status status = write_out(); !status.ok()) return status;
  append_line(buffer_, pipeline_, format_utc(std::chrono::system_clock::now()), letter, options_.raw_bytes_max);
  ++written_;
  return {};
}

Status DeadLetterFile::flush_and_sync() {
  const std::lock_guard lock(mutex_);
  if (!sync_failure_.empty()) return Status(Code::io, sync_failure_);
  if (Status status = write_out(); !status.ok()) return status;
  if (!unsynced_) return {};
  if (::fdatasync(fd_) != 0) {
    // The system may have given the pages up: a later success would say nothing about these letters.
    Status failed = Status::from_errno(errno, path_);
    sync_failure_ = failed.text();
    return failed;
  }
  unsynced_ = false;
  return {};
}

Status DeadLetterFile::write_out() {
  if (buffer_.empty()) return {};
  if (Status made = make_private_directory(directory_); !made.ok()) return made;
  const Result<DeadLetterLock> lock = DeadLetterLock::take(directory_);
  if (!lock.ok()) return Status(lock.status().code(), lock.status().text());
  if (Status opened = open_current(); !opened.ok()) return opened;
  if (file_bytes_ > 0 && file_bytes_ + buffer_.size() > options_.file_bytes_max && !half_written_)
    if (Status rotated = rotate(); !rotated.ok()) return rotated;
  while (!buffer_.empty()) {
    const ssize_t size = ::write(fd_, buffer_.data(), buffer_.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Status::from_errno(errno, path_);
    file_bytes_ += static_cast<std::uint64_t>(size);
    unsynced_ = true;
    half_written_ = buffer_.data()[size - 1] != '\n';
    buffer_.drop_front(static_cast<std::size_t>(size));
  }
  buffer_.shrink(2 * buffer_bytes_max);
  return {};
}

// The file may have been replaced (letters were removed from it) or removed since the last time.
Status DeadLetterFile::open_current() {
  struct stat ours, at_path;
  const bool there = ::stat(path_.c_str(), &at_path) == 0;
  if (fd_ >= 0 && there && ::fstat(fd_, &ours) == 0 && ours.st_ino == at_path.st_ino && ours.st_dev == at_path.st_dev) return {};
  close();
  fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd_ < 0 || ::fstat(fd_, &at_path) != 0) return Status::from_errno(errno, path_);
  file_bytes_ = static_cast<std::uint64_t>(at_path.st_size);
  // A crash tore the last line: what comes now gets a line of its own.
  if (!half_written_ && ends_inside_a_line(fd_, file_bytes_) && ::write(fd_, "\n", 1) == 1) ++file_bytes_;
  return there ? Status() : sync_directory(directory_);
}

void DeadLetterFile::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::string DeadLetterFile::file_path(int age) const { return age == 0 ? path_ : path_ + "." + std::to_string(age); }

Status DeadLetterFile::rotate() {
  if (unsynced_ && ::fdatasync(fd_) != 0) return Status::from_errno(errno, path_);
  unsynced_ = false;
  close();
  if (Status dropped = drop_oldest(); !dropped.ok()) return dropped;
  for (int age = options_.files_kept - 2; age >= 0; --age)
    if (std::rename(file_path(age).c_str(), file_path(age + 1).c_str()) != 0 && errno != ENOENT)
      return Status::from_errno(errno, file_path(age));
  return open_current();
}

Status DeadLetterFile::drop_oldest() {
  const std::string oldest = file_path(std::max(options_.files_kept, 1) - 1);
  const std::uint64_t letters = count_lines(oldest);
  if (::unlink(oldest.c_str()) != 0) return errno == ENOENT ? Status() : Status::from_errno(errno, oldest);
  lost_ += letters;
  log::warn("dead letter", fmt::format("pipeline {}: the oldest {} letters were removed to make room ({})", pipeline_, letters, oldest));
  return {};
}

}  // namespace penstock
