#include "runtime/delivery/spool_directory.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>

#include "runtime/delivery/dead_letter.h"
#include "runtime/delivery/spool_file.h"

namespace penstock {

std::string spool_path(const std::string& state_directory, const std::string& pipeline, const std::string& sink) {
  return state_directory + "/spool/" + safe_file_name(pipeline) + "/" + safe_file_name(sink);
}

Status SpoolDirectory::make() {
  const int result = files_.make_directories(path_, 0700);
  return result < 0 ? Status::from_errno(-result, path_) : Status();
}

Result<SpoolDirectory::Listing> SpoolDirectory::list() {
  std::vector<std::string> names;
  if (const int result = files_.list(path_, names); result < 0) return Status::from_errno(-result, path_);
  Listing listing;
  for (std::string& name : names) {
    if (const std::optional<SpoolName> package = spool_name_of(name)) {
      FileSystem::Info info;
      if (files_.info(file(name), info) < 0) {
        listing.packages.push_back({*package, 0});  // whoever reads it finds out what is the matter
      } else if (info.exists && info.regular) {
        listing.packages.push_back({*package, info.size});
      } else if (info.exists) {
        listing.no_files.push_back(std::move(name));
      }
    } else if (name.ends_with(spool_temporary_ending)) {
      listing.temporary.push_back(std::move(name));
    } else if (name.ends_with(spool_damaged_ending)) {
      listing.damaged.push_back(std::move(name));
    }
  }
  std::sort(listing.packages.begin(), listing.packages.end(), [](const File& a, const File& b) { return a.name.key < b.name.key; });
  std::sort(listing.damaged.begin(), listing.damaged.end());
  return listing;
}

Status SpoolDirectory::write(const SpoolName& name, const Package& package, const std::atomic<bool>& cancelled) {
  const std::string path = file(to_file_name(name));
  const std::string aside = path + std::string(spool_temporary_ending);
  Status status = fill(aside, package);
  if (status.ok() && cancelled) status = Status(Code::closed, "the run ended first");
  if (status.ok()) {
    if (const int result = put_in_place(aside, path); result < 0) status = Status::from_errno(-result, path);
  }
  if (!status.ok()) {
    files_.remove(aside);
    return status;
  }
  const int synced = files_.sync_directory(path_);
  if (synced == 0) return {};
  files_.remove(path);
  return Status::from_errno(-synced, path_);
}

// The whole file, on disk.
Status SpoolDirectory::fill(const std::string& path, const Package& package) {
  const int fd = files_.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (fd < 0) return Status::from_errno(-fd, path);
  Buffer head;
  append_spool_head(package, head);
  const std::array<char, 8> tail = spool_tail(package.body.view());
  Status status = write_all(fd, head.view(), path);
  if (status.ok()) status = write_all(fd, package.body.view(), path);
  if (status.ok()) status = write_all(fd, {tail.data(), tail.size()}, path);
  if (status.ok()) {
    if (const int result = files_.sync(fd); result < 0) status = Status::from_errno(-result, path);
  }
  // Some file systems tell only now that there was no room.
  const int closed = files_.close(fd);
  if (status.ok() && closed < 0) status = Status::from_errno(-closed, path);
  return status;
}

Status SpoolDirectory::write_all(int fd, ByteView bytes, const std::string& path) {
  while (!bytes.empty()) {
    const std::int64_t written = files_.write(fd, bytes);
    if (written < 0) return Status::from_errno(static_cast<int>(-written), path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

// What is at `to` already is this very package, left by a write that failed after its rename.
int SpoolDirectory::put_in_place(const std::string& from, const std::string& to) {
  const int result = files_.rename_no_replace(from, to);
  if (result != -EEXIST) return result;
  if (const int removed = files_.remove(to); removed < 0) return removed;
  return files_.rename_no_replace(from, to);
}

bool SpoolDirectory::is_there() {
  const int fd = files_.open(path_, O_RDONLY | O_DIRECTORY, 0);
  if (fd >= 0) files_.close(fd);
  return fd >= 0;
}

// Nothing that is not a package's file holds it up (a FIFO) or leads it elsewhere (a symbolic link).
Result<Package> SpoolDirectory::read(const SpoolName& name) {
  const std::string path = file(to_file_name(name));
  const int fd = files_.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
  if (fd == -ELOOP) return Status(Code::corrupt, path + ": a symbolic link");
  // Nothing is known of a file whose directory is away: a mount that is missing for a moment.
  if (fd < 0) return Status::from_errno(is_there() ? -fd : EIO, path);
  Result<Package> package = Status(Code::io, "no memory to read it");
  try {
    package = read_open(fd, name);
  } catch (const std::bad_alloc&) {
  }
  files_.close(fd);
  if (!package.ok()) return Status(package.status().code(), path + ": " + package.status().text());
  return package;
}

Result<Package> SpoolDirectory::read_open(int fd, const SpoolName& name) {
  FileSystem::Info info;
  if (const int result = files_.info(fd, info); result < 0) return Status::from_errno(-result, "its size");
  if (!info.regular) return Status(Code::corrupt, "no regular file");
  Buffer bytes;
  if (Status status = read_up_to(fd, std::min(info.size, spool_fixed_bytes), bytes); !status.ok()) return status;
  if (Status status = check_spool_sizes(bytes.view(), info.size); !status.ok()) return status;
  if (Status status = read_up_to(fd, info.size, bytes); !status.ok()) return status;
  Result<Package> package = parse_spool_file(bytes.view());
  if (package.ok() && package->events() != name.events) return Status(Code::corrupt, "it holds other events than its name tells");
  return package;
}

// Until `bytes` has `size` bytes, or the file ends.
Status SpoolDirectory::read_up_to(int fd, std::uint64_t size, Buffer& bytes) {
  bytes.reserve(static_cast<std::size_t>(size));
  while (bytes.size() < size) {
    const std::int64_t result = files_.read_at(fd, {bytes.end(), static_cast<std::size_t>(size) - bytes.size()}, bytes.size());
    if (result < 0) return Status::from_errno(static_cast<int>(-result), "reading it");
    if (result == 0) break;
    bytes.add_size(static_cast<std::size_t>(result));
  }
  return {};
}

Status SpoolDirectory::remove(const std::string& file_name) {
  const int result = files_.remove(file(file_name));
  return result < 0 && result != -ENOENT ? Status::from_errno(-result, file(file_name)) : Status();
}

Status SpoolDirectory::set_aside(const SpoolName& name) {
  const std::string path = file(to_file_name(name));
  const int result = files_.rename_no_replace(path, path + std::string(spool_damaged_ending));
  return result < 0 ? Status::from_errno(-result, path) : Status();
}

}  // namespace penstock
