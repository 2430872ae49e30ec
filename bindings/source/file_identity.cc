#include "bindings/source/file_identity.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace penstock {

namespace {

FileStatus status_from(const struct stat& from) {
  FileStatus status;
  status.id = {static_cast<std::uint64_t>(from.st_dev), static_cast<std::uint64_t>(from.st_ino)};
  status.size = static_cast<std::uint64_t>(from.st_size);
  status.changed_ns = std::int64_t{from.st_mtim.tv_sec} * 1'000'000'000 + from.st_mtim.tv_nsec;
  status.regular = S_ISREG(from.st_mode);
  status.directory = S_ISDIR(from.st_mode);
  status.linked = from.st_nlink > 0;
  return status;
}

}  // namespace

Result<FileStatus> status_of(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) return Status::from_errno(errno, path);
  return status_from(status);
}

Result<FileStatus> status_of(int fd) {
  struct stat status;
  if (fstat(fd, &status) != 0) return Status::from_errno(errno, "fstat");
  return status_from(status);
}

Fingerprint fingerprint_of(ByteView bytes) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3u;
  return {static_cast<std::uint32_t>(bytes.size()), hash};
}

Fingerprint fingerprint_at(int fd, std::uint64_t offset, std::uint32_t length) {
  char bytes[Fingerprint::length_max];
  const ssize_t got = pread(fd, bytes, std::min(length, Fingerprint::length_max), static_cast<off_t>(offset));
  return got > 0 ? fingerprint_of({bytes, static_cast<std::size_t>(got)}) : Fingerprint{};
}

Fingerprint fingerprint_before(int fd, std::uint64_t position, std::uint32_t length) {
  const std::uint32_t most = static_cast<std::uint32_t>(std::min<std::uint64_t>(position, length));
  return fingerprint_at(fd, position - most, most);
}

}  // namespace penstock
