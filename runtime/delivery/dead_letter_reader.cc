#include "runtime/delivery/dead_letter_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <set>
#include <utility>

#include "runtime/base/bytes.h"
#include "runtime/delivery/dead_letter_lock.h"

namespace penstock {

namespace {

constexpr std::size_t line_bytes_max = 16 * 1024 * 1024;
constexpr std::size_t read_bytes = 64 * 1024;

std::string letters_directory(const std::string& state_directory) { return state_directory + "/dead-letter"; }

// The age in a file's name behind `base`: 0 for none, 3 for `.3`; nothing for other files.
std::optional<int> age_of(std::string_view name, std::string_view base) {
  if (!name.starts_with(base)) return std::nullopt;
  name.remove_prefix(base.size());
  if (name.empty()) return 0;
  int age = 0;
  const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), age);
  if (name.front() != '.' || error != std::errc() || end != name.data() + name.size() || age <= 0) return std::nullopt;
  return age;
}

// The pipeline's files that are there, newest first.
std::vector<std::string> letter_files(const std::string& directory, const std::string& pipeline) {
  const std::string base = safe_file_name(pipeline) + ".ndjson";
  std::vector<std::pair<int, std::string>> files;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(directory, failed))
    if (const auto age = age_of(entry.path().filename().string(), base)) files.emplace_back(*age, entry.path().string());
  std::sort(files.begin(), files.end());
  std::vector<std::string> paths;
  for (auto& [age, path] : files) paths.push_back(std::move(path));
  return paths;
}

ByteView without_end(ByteView line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  return line;
}

Status write_all(int fd, ByteView bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t size = ::write(fd, bytes.data(), bytes.size());
    if (size < 0 && errno != EINTR) return Status::from_errno(errno, path);
    if (size > 0) bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return {};
}

}  // namespace

// The lines of one file. A line above the bound comes in pieces.
class DeadLetterReader::Lines {
 public:
  struct Piece {
    ByteView bytes;  // with the line end, if there is one; good until the next call
    bool whole;      // a line
    bool last;       // it, or the end of one
  };

  static Result<std::unique_ptr<Lines>> open(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return Status::from_errno(errno, path);
    return std::unique_ptr<Lines>(new Lines(fd, path));
  }
  ~Lines() { ::close(fd_); }
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  Result<std::optional<Piece>> next() {
    buffer_.drop_front(std::exchange(taken_, 0));
    std::size_t searched = 0;
    while (true) {
      const ByteView unread = buffer_.view();
      const std::size_t end = unread.find('\n', searched);
      if (end != ByteView::npos) return take(end + 1, true);
      if (unread.size() >= line_bytes_max) return take(unread.size(), false);
      searched = unread.size();
      const ssize_t size = ::read(fd_, buffer_.room(read_bytes), read_bytes);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) return Status::from_errno(errno, path_);
      if (size == 0 && unread.empty()) return std::optional<Piece>();
      if (size == 0) return take(unread.size(), true);
      buffer_.add_size(static_cast<std::size_t>(size));
    }
  }

 private:
  Lines(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  std::optional<Piece> take(std::size_t size, bool last) {
    taken_ = size;
    const bool goes_on = std::exchange(inside_long_line_, !last);
    const bool whole = last && !goes_on;
    return Piece{buffer_.view().substr(0, size), whole, last};
  }

  int fd_;
  std::string path_;
  Buffer buffer_;
  std::size_t taken_ = 0;
  bool inside_long_line_ = false;
};

DeadLetterReader::DeadLetterReader(const std::string& state_directory, const std::string& pipeline)
    : files_(letter_files(letters_directory(state_directory), pipeline)) {}

DeadLetterReader::~DeadLetterReader() = default;

Result<std::optional<StoredLetter>> DeadLetterReader::next() {
  while (true) {
    if (!lines_) {
      if (files_.empty()) return std::optional<StoredLetter>();
      const std::string path = std::exchange(files_.back(), {});
      files_.pop_back();
      auto opened = Lines::open(path);
      if (!opened.ok() && opened.status().code() == Code::not_found) continue;  // removed meanwhile
      if (!opened.ok()) return opened.take_status();
      lines_ = *std::move(opened);
    }
    auto piece = lines_->next();
    if (!piece.ok()) return piece.take_status();
    if (!piece.value()) {
      lines_.reset();
      continue;
    }
    const Lines::Piece& line = *piece.value();
    if (line.whole)
      if (Result<StoredLetter> letter = parse_letter(without_end(line.bytes)); letter.ok())
        return std::optional<StoredLetter>(*std::move(letter));
    if (line.last && line.bytes != "\n") ++broken_lines_;
  }
}

namespace {

// What remove() found in one file.
struct Rewritten {
  std::uint64_t removed = 0;
  std::uint64_t kept_bytes = 0;
};

}  // namespace

Result<std::uint64_t> DeadLetterReader::remove(const std::string& state_directory, const std::string& pipeline,
                                               const std::unordered_set<std::string>& ids) {
  const std::string directory = letters_directory(state_directory);
  if (::access(directory.c_str(), F_OK) != 0) return std::uint64_t{0};
  const Result<DeadLetterLock> lock = DeadLetterLock::take(directory);
  if (!lock.ok()) return Status(lock.status().code(), lock.status().text());

  // Copies the lines to keep to `aside`.
  const auto copy = [&](const std::string& path, const std::string& aside) -> Result<Rewritten> {
    auto lines = Lines::open(path);
    if (!lines.ok()) return lines.take_status();
    const int fd = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return Status::from_errno(errno, aside);
    Rewritten rewritten;
    Status status;
    while (status.ok()) {
      auto piece = lines.value()->next();
      if (!piece.ok()) status = piece.take_status();
      if (!status.ok() || !piece.value()) break;
      const ByteView bytes = piece.value()->bytes;
      if (piece.value()->whole && ids.contains(letter_id(without_end(bytes)))) {
        ++rewritten.removed;
        continue;
      }
      rewritten.kept_bytes += bytes.size();
      status = write_all(fd, bytes, aside);
    }
    if (status.ok() && ::fsync(fd) != 0) status = Status::from_errno(errno, aside);
    ::close(fd);
    if (!status.ok()) return status;
    return rewritten;
  };

  std::uint64_t removed = 0;
  for (const std::string& path : letter_files(directory, pipeline)) {
    const std::string aside = path + ".new";
    const Result<Rewritten> rewritten = copy(path, aside);
    const bool replace = rewritten.ok() && rewritten.value().removed > 0 && rewritten.value().kept_bytes > 0;
    if (replace && std::rename(aside.c_str(), path.c_str()) != 0) return Status::from_errno(errno, path);
    if (!replace) ::unlink(aside.c_str());
    if (!rewritten.ok()) return Status(rewritten.status().code(), rewritten.status().text());
    if (rewritten.value().kept_bytes == 0) ::unlink(path.c_str());
    removed += rewritten.value().removed;
  }
  if (Status synced = sync_directory(directory); !synced.ok()) return synced;
  return removed;
}

std::vector<std::string> pipelines_with_dead_letters(const std::string& state_directory) {
  // The name stands in the letters: the one of the file may be cut.
  std::set<std::string> names;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(letters_directory(state_directory), failed)) {
    const std::string file = entry.path().filename().string();
    if (file.find(".ndjson") == std::string::npos || file.ends_with(".new")) continue;
    // Any letter of the file will do; torn lines before it are passed over.
    if (auto name = DeadLetterReader::pipeline_of(entry.path().string())) names.insert(*std::move(name));
  }
  return {names.begin(), names.end()};
}

std::optional<std::string> DeadLetterReader::pipeline_of(const std::string& path) {
  auto lines = Lines::open(path);
  while (lines.ok()) {
    auto piece = lines.value()->next();
    if (!piece.ok() || !piece.value()) break;
    if (!piece.value()->whole) continue;
    if (Result<StoredLetter> letter = parse_letter(without_end(piece.value()->bytes)); letter.ok()) return letter->pipeline;
  }
  return std::nullopt;
}

}  // namespace penstock
