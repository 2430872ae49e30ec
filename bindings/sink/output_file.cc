#include "bindings/sink/output_file.h"

#include <fcntl.h>

#include <cassert>
#include <cerrno>

#include "runtime/base/clock.h"
#include "runtime/base/log.h"

namespace penstock {

namespace {

constexpr std::string_view component = "sink.file";
constexpr int rotated_names_max = 9999;

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Where `<ext>` begins in the path: before `.ndjson.gz`, `.log`; the end when the name has no extension.
std::size_t extension_at(const std::string& path) {
  const std::size_t name = path.find_last_of('/') + 1;
  std::size_t end = path.size();
  if (compression_of_path(path) != Compression::none) end = path.find_last_of('.');
  if (end == 0) return path.size();
  const std::size_t dot = path.find_last_of('.', end - 1);
  return dot == std::string::npos || dot <= name ? end : dot;
}

Buffer member_of(Compression compression, int level, ByteView text) {
  Buffer out;
  if (text.empty()) return out;
  if (compression == Compression::none || compression == Compression::zlib ||
      !make_compressor(compression, level)->compress(text, out).ok()) {
    out.append(text);
  }
  return out;
}

}  // namespace

OutputFile::OutputFile(std::string path, OutputSettings settings, FileSystem& files, WallClock clock)
    : path_(std::move(path)),
      settings_(std::move(settings)),
      files_(files),
      clock_(std::move(clock)),
      prefix_(member_of(settings_.compression, settings_.level, settings_.framing.prefix)),
      separator_(member_of(settings_.compression, settings_.level, settings_.framing.separator)),
      suffix_(member_of(settings_.compression, settings_.level, settings_.framing.suffix)),
      sync_(settings_.sync) {}

OutputFile::~OutputFile() {
  if (fd_ >= 0) files_.close(fd_);
}

Status OutputFile::failure(int error, const std::string& doing) const {
  return Status::from_errno(error, doing.empty() ? path_ : path_ + ": " + doing);
}

Status OutputFile::open() {
  const std::lock_guard guard(lock_);
  return ensure_open();
}

bool OutputFile::sync_failed() const {
  const std::lock_guard guard(lock_);
  return !sync_failure_.empty();
}

Result<std::uint64_t> OutputFile::append(ByteView chunk) {
  const std::lock_guard guard(lock_);
  if (!sync_failure_.empty()) return Status(Code::io, sync_failure_);
  look_for_others_doing();
  if (fd_ >= 0 && rotation_due(chunk.size())) {
    if (Status status = rotate(); !status.ok()) {
      if (finished_ || !sync_failure_.empty()) return status;
      if (!rotation_failed_) log::warn(component, status.text() + "; it goes on growing until it can be rotated");
      rotation_failed_ = true;
    }
  }
  if (Status status = ensure_open(); !status.ok()) return status;
  if (Status status = mend(); !status.ok()) return status;
  if (Status status = write_chunk(chunk); !status.ok()) return status;
  written_ += chunk.size();
  changed_ = true;
  lead_ = settings_.framing.separator_ends ? Lead::nothing : Lead::separator;
  return written_;
}

// --- opening

Status OutputFile::ensure_open() {
  if (fd_ >= 0) return {};
  Result<int> fd = open_descriptor();
  if (!fd.ok()) return fd.take_status();
  fd_ = *fd;
  FileSystem::Info info;
  Status status;
  if (const int result = files_.info(fd_, info); result < 0) {
    status = failure(-result);
  } else {
    status = take_over(info);
  }
  if (!status.ok()) drop_descriptor();
  return status;
}

Result<int> OutputFile::open_descriptor() {
  FileSystem::Info before;
  if (const int result = files_.info(path_, before); result < 0) return failure(-result);
  if (before.exists && before.directory) {
    return Status(Code::invalid, path_ + ": is a directory (hint: give the file's name, " + path_ + "/events.ndjson)");
  }
  if (const int result = files_.make_directories(directory_of(path_)); result < 0) {
    return failure(-result, "making its directory");
  }
  if (before.exists && !before.regular) {
    // Without O_NONBLOCK a FIFO would hold up the worker until somebody reads from it; so it is an error that says so.
    const int fd = files_.open(path_, O_WRONLY | O_NONBLOCK, 0);
    if (fd == -ENXIO) return Status(Code::io, path_ + ": nobody reads from this FIFO");
    if (fd < 0) return failure(-fd);
    ::fcntl(fd, F_SETFL, O_WRONLY);
    return fd;
  }
  const bool over_suffix = !suffix_.empty() && settings_.compression != Compression::zlib;
  const int fd = files_.open(path_, O_RDWR | O_CREAT | (over_suffix ? 0 : O_APPEND), settings_.mode);
  if (fd == -EACCES) {
    return Status(Code::denied, path_ + ": Permission denied (hint: penstock must be able to read and write it, and its directory)");
  }
  if (fd < 0) return failure(-fd);
  return fd;
}

// Begins to write to the opened file, as it is.
Status OutputFile::take_over(FileSystem::Info& info) {
  identity_ = info;
  regular_ = info.regular;
  suffix_follows_ = regular_ && !suffix_.empty() && settings_.compression != Compression::zlib;
  torn_ = finished_ = changed_ = rotation_failed_ = false;
  whole_ = 0;
  lead_ = Lead::prefix;
  opened_ = clock_();
  if (settings_.compression == Compression::zlib) stream_ = std::make_unique<ZlibStream>(settings_.level);
  if (!regular_) return {};
  if (files_.lock(fd_) == -EWOULDBLOCK) {
    return Status(Code::io, path_ + ": another process writes to this file (hint: {worker} or {pipeline} in path tells them apart)");
  }
  if (info.size != 0) return continue_after(info.size);
  if (!sync_) return {};
  const int result = files_.sync_directory(directory_of(path_));
  return result < 0 ? failure(-result, "syncing its directory") : Status();
}

Status OutputFile::continue_after(std::uint64_t size) {
  OutputTail tail;
  bool unusable = settings_.compression == Compression::zlib;
  if (!unusable) {
    Result<OutputTail> found = find_tail(files_, fd_, size, settings_.framing, settings_.compression);
    if (!found.ok() && found.status().code() == Code::invalid) {
      return Status(Code::invalid, path_ + ": " + found.status().text() + " (hint: move the file away, or choose another path)");
    }
    if (!found.ok() && found.status().code() != Code::corrupt) return Status(found.status().code(), path_ + ": " + found.status().text());
    unusable = !found.ok();
    if (unusable) log::warn(component, path_ + ": " + found.status().text());
    else tail = *found;
  }
  if (unusable) {
    std::string aside;
    if (Status status = rename_aside(aside); !status.ok()) return status;
    log::warn(component, path_ + ": was there and cannot be appended to; it is now " + aside);
    drop_descriptor();
    return ensure_open();
  }
  whole_ = tail.whole;
  lead_ = tail.lead;
  if (!tail.torn) return {};
  log::warn(component, path_ + ": cut off " + std::to_string(size - whole_) + " bytes after byte " + std::to_string(whole_) +
                           ", which an interrupted write left behind (they were never acked)");
  torn_ = true;
  return mend();
}

// Somebody else (logrotate) renamed or deleted the file: what was written stays there, the rest goes to a new one. Or cut it
// short (copytruncate): then it goes on from there.
void OutputFile::look_for_others_doing() {
  FileSystem::Info now;
  if (fd_ < 0 || !regular_ || files_.info(path_, now) < 0) return;
  if (now.exists && now.same_file(identity_)) {
    if (now.size < whole_) whole_ = now.size;
    if (whole_ == 0) lead_ = Lead::prefix;
    return;
  }
  log::info(component, path_ + ": was moved or deleted; going on with a new file");
  if (const Status status = finish(); !status.ok()) log::warn(component, status.text());
  drop_descriptor();
}

void OutputFile::drop_descriptor() {
  if (fd_ >= 0) files_.close(fd_);
  fd_ = -1;
  finished_ = false;
}

// --- writing

ByteView OutputFile::lead() const {
  switch (lead_) {
    case Lead::prefix: return prefix_.view();
    case Lead::separator: return separator_.view();
    case Lead::nothing: break;
  }
  return {};
}

Status OutputFile::write_chunk(ByteView chunk) {
  if (settings_.compression == Compression::zlib) return write_zlib(lead(), chunk, false);
  Status status;
  if (suffix_follows_) {
    if (const int result = files_.seek(fd_, whole_); result < 0) return failure(-result);
  }
  torn_ = true;
  const ByteView before = lead();
  status = write_all(before);
  if (status.ok()) status = write_all(chunk);
  if (status.ok() && suffix_follows_) status = write_all(suffix_.view());
  if (!status.ok()) {
    (void)cut_back().ok();  // tried again by mend()
    return status;
  }
  torn_ = false;
  whole_ += before.size() + chunk.size();
  return {};
}

// One stream over the whole file, so the compressor's state goes back with the file when it cannot be written.
Status OutputFile::write_zlib(ByteView before, ByteView chunk, bool end) {
  Buffer compressed;
  scratch_.clear();
  ByteView data = chunk;
  if (!before.empty()) {
    scratch_.append(before);
    scratch_.append(chunk);
    data = scratch_.view();
  }
  Status status = end ? stream_->finish(compressed) : stream_->append(data, compressed);
  if (!status.ok()) return Status(status.code(), path_ + ": " + status.text());
  torn_ = true;
  status = write_all(compressed.view());
  if (!status.ok()) {
    stream_->rollback();
    (void)cut_back().ok();
    return status;
  }
  stream_->commit();
  torn_ = false;
  whole_ += compressed.size();
  return {};
}

Status OutputFile::write_all(ByteView bytes) {
  while (!bytes.empty()) {
    const std::int64_t result = files_.write(fd_, bytes);
    if (result < 0) return failure(static_cast<int>(-result));
    if (result == 0) return failure(EIO);
    bytes.remove_prefix(static_cast<std::size_t>(result));
  }
  return {};
}

// Takes away what follows the last whole chunk, and puts the suffix back.
Status OutputFile::cut_back() {
  if (!regular_) {
    torn_ = false;
    return {};
  }
  FileSystem::Info now;
  if (const int result = files_.info(fd_, now); result < 0) return failure(-result);
  if (now.size < whole_) whole_ = now.size;  // never fill with zeros
  if (suffix_follows_ && whole_ > prefix_.size()) {
    if (const int result = files_.seek(fd_, whole_); result < 0) return failure(-result);
    if (Status status = write_all(suffix_.view()); !status.ok()) return status;
  }
  const std::uint64_t size = whole_ + (suffix_follows_ && whole_ > prefix_.size() ? suffix_.size() : 0);
  if (const int result = files_.truncate(fd_, size); result < 0) return failure(-result);
  torn_ = false;
  return {};
}

Status OutputFile::mend() { return torn_ ? cut_back() : Status(); }

// --- the end of a file

bool OutputFile::rotation_due(std::size_t more) const {
  if (!regular_ || whole_ == 0 || lead_ == Lead::prefix) return false;
  if (finished_) return true;
  if (settings_.rotate_bytes != 0 && whole_ + more > settings_.rotate_bytes) return true;
  return settings_.rotate_interval.count() != 0 && clock_() - opened_ >= settings_.rotate_interval;
}

void OutputFile::require_sync() {
  const std::lock_guard guard(lock_);
  sync_ = true;
}

void OutputFile::rotate_if_due() {
  const std::lock_guard guard(lock_);
  look_for_others_doing();
  if (fd_ < 0 || !rotation_due(0)) return;
  const Status status = rotate();
  if (status.ok() || rotation_failed_) return;
  rotation_failed_ = true;
  log::warn(component, status.text());
}

// The file is complete and on the disk before it gets its new name, since that is what others wait for.
Status OutputFile::rotate() {
  if (Status status = finish(); !status.ok()) return status;
  std::string name;
  if (Status status = rename_aside(name); !status.ok()) return status;
  drop_descriptor();
  log::debug(component, path_ + ": rotated to " + name);
  if (!sync_) return {};
  const int result = files_.sync_directory(directory_of(path_));
  if (result < 0) log::warn(component, failure(-result, "syncing its directory").text());
  return {};
}

Status OutputFile::rename_aside(std::string& name) {
  const std::size_t extension = extension_at(path_);
  const std::string stem = path_.substr(0, extension) + "-" + format_utc(clock_(), Stamp::file) + "-";
  for (int number = 1; number <= rotated_names_max; ++number) {
    std::string digits = std::to_string(number);
    digits.insert(0, digits.size() < 3 ? 3 - digits.size() : 0, '0');
    name = stem + digits + path_.substr(extension);
    const int result = files_.rename_no_replace(path_, name);
    if (result == 0) return {};
    if (result != -EEXIST) return failure(-result, "renaming it to " + name);
  }
  return Status(Code::limit, path_ + ": no free name like " + name);
}

// Writes what ends the output. Requires an open file; afterwards it may be closed or renamed.
Status OutputFile::finish() {
  if (Status status = mend(); !status.ok()) return status;
  if (!finished_) {
    const bool has_suffix = !suffix_.empty();
    if (settings_.compression == Compression::zlib) {
      if (has_suffix) {
        const ByteView before = lead_ == Lead::prefix ? prefix_.view() : ByteView();
        if (Status status = write_zlib(before, suffix_.view(), false); !status.ok()) return status;
        lead_ = Lead::nothing;
      }
      if (Status status = write_zlib({}, {}, true); !status.ok()) return status;
      changed_ = finished_ = true;
    } else if (has_suffix && lead_ == Lead::prefix) {
      // No entry came: an empty array is valid, an empty file is not.
      if (Status status = write_chunk({}); !status.ok()) return status;
      lead_ = Lead::nothing;
      changed_ = true;
    }
    if (has_suffix && !suffix_follows_ && settings_.compression != Compression::zlib) {
      if (Status status = write_all(suffix_.view()); !status.ok()) return status;
    }
  }
  return sync_ && changed_ ? sync_now() : Status();
}

Status OutputFile::close() {
  const std::lock_guard guard(lock_);
  if (fd_ < 0) return {};
  Status status = finish();
  const int result = files_.close(fd_);
  fd_ = -1;
  finished_ = false;
  if (status.ok() && result < 0) status = failure(-result, "closing it");
  return status;
}

Status OutputFile::sync(std::uint64_t position) {
  const std::lock_guard guard(lock_);
  if (!sync_failure_.empty()) return Status(Code::io, sync_failure_);
  if (synced_ >= position || fd_ < 0) return {};
  return sync_now();
}

Status OutputFile::sync_now() {
  if (!sync_failure_.empty()) return Status(Code::io, sync_failure_);
  const int result = regular_ ? files_.sync(fd_) : 0;
  if (result < 0) {
    sync_failure_ = failure(-result, "fsync").text();
    return Status(Code::io, sync_failure_);
  }
  synced_ = written_;
  return {};
}

}  // namespace penstock
