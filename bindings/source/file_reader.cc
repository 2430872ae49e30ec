#include "bindings/source/file_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace penstock {

namespace {

constexpr std::size_t raw_piece_bytes = 64 * 1024;
constexpr std::size_t skip_piece_bytes = 64 * 1024;

ssize_t read_at(int fd, char* to, std::size_t size, std::uint64_t offset) {
  ssize_t got;
  do {
    got = pread(fd, to, size, static_cast<off_t>(offset));
  } while (got < 0 && errno == EINTR);
  return got;
}

// Whether so few bytes could become the start of a compressed file: the magic numbers' first bytes, and no more than three
// bytes after them (snappy's magic number is the one that is longer). Text is decided at once, but for a few letters.
bool may_become_coded(ByteView first) {
  if (first.empty()) return true;
  const unsigned char byte = static_cast<unsigned char>(first[0]);
  if (byte == 0xff) return first.size() < sniff_size;
  const bool magic = byte == 0x1f || byte == 0x28 || byte == 0x04 || byte == 0x78 || (byte & 0xf0) == 0x50;
  return magic && first.size() < 4 && first.find('\n') == ByteView::npos;
}

}  // namespace

Result<std::unique_ptr<FileReader>> FileReader::open(const std::string& path, std::optional<Compression> compression) {
  // Not blocking: a FIFO put at the path would otherwise hold up the worker.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) return Status::from_errno(errno, path);
  std::unique_ptr<FileReader> reader(new FileReader(fd, compression));
  Result<FileStatus> status = reader->status();
  if (!status.ok()) return Status(status.status().code(), path + ": " + status.status().text());
  if (status->directory) return Status(Code::invalid, path + ": is a directory (hint: " + path + "/* reads the files in it)");
  if (!status->regular) return Status(Code::invalid, path + ": is not a regular file");
  posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  return reader;
}

FileReader::~FileReader() { close(fd_); }

bool FileReader::decide(bool final) {
  if (decided_) return true;
  Compression found = wanted_.value_or(Compression::none);
  if (!wanted_) {
    char first[sniff_size];
    const ssize_t got = read_at(fd_, first, sizeof first, 0);
    const ByteView seen(first, got > 0 ? static_cast<std::size_t>(got) : 0);
    const std::optional<Compression> magic = sniff(seen);
    if (!magic && !final && may_become_coded(seen)) return false;
    found = magic.value_or(Compression::none);
  }
  decided_ = true;
  compression_ = found;
  decoder_ = found == Compression::none ? nullptr : make_decompressor(found);
  return true;
}

void FileReader::rewind() {
  decided_ = false;
  decoder_.reset();
  raw_.clear();
  raw_used_ = 0;
  raw_offset_ = offset_ = skip_to_ = 0;
}

void FileReader::seek(std::uint64_t offset, const Fingerprint& tail) {
  if (decoder_) {
    skip_to_ = offset;
    skip_tail_ = tail;
  } else if (tail.length == 0 || fingerprint_before(fd_, offset, tail.length) == tail) {
    offset_ = raw_offset_ = skip_to_ = offset;
  }
}

ReadResult FileReader::skip() {
  // The tail that is compared at the end may be spread over pieces, so the last bytes of a piece stay in front of the next.
  const std::size_t kept = std::min<std::size_t>(skipped_.size(), skip_tail_.length);
  skipped_.drop_front(skipped_.size() - kept);
  const std::uint64_t left = skip_to_ - offset_;
  char* to = skipped_.room(skip_piece_bytes);
  const ReadResult result = read_coded({to, static_cast<std::size_t>(std::min<std::uint64_t>(left, skip_piece_bytes))});
  skipped_.add_size(result.size);
  if (skipping()) return result;
  const ByteView passed = skipped_.view();
  const ByteView tail = passed.substr(passed.size() - std::min<std::size_t>(passed.size(), skip_tail_.length));
  const bool expected = skip_tail_.length == 0 || fingerprint_of(tail) == skip_tail_;
  skipped_ = Buffer();
  if (!expected) {
    rewind();
    decide(true);
  }
  return result;
}

ReadResult FileReader::read(std::span<char> to) { return decoder_ ? read_coded(to) : read_plain(to); }

ReadResult FileReader::read_plain(std::span<char> to) {
  const ssize_t got = read_at(fd_, to.data(), to.size(), offset_);
  if (got < 0) return broken(std::strerror(errno));
  offset_ += static_cast<std::uint64_t>(got);
  raw_offset_ = offset_;
  // A short read of a regular file is its end: one system call less for each line that is written to a followed file.
  const bool end = static_cast<std::size_t>(got) < to.size();
  return {static_cast<std::size_t>(got), end ? ReadResult::State::end : ReadResult::State::more};
}

ReadResult FileReader::read_coded(std::span<char> to) {
  ReadResult result;
  bool at_end = false;
  while (result.size < to.size()) {
    if (raw_used_ == raw_.size()) {
      raw_.clear();
      raw_used_ = 0;
      const ssize_t got = read_at(fd_, raw_.room(raw_piece_bytes), raw_piece_bytes, raw_offset_);
      if (got < 0) return broken(std::strerror(errno));
      raw_.set_size(static_cast<std::size_t>(got));
      raw_offset_ += static_cast<std::uint64_t>(got);
      at_end = got == 0;
    }
    Result<Progress> step = decoder_->step(raw_.view().substr(raw_used_), to.subspan(result.size));
    if (!step.ok()) {
      if (result.size != 0) return result;  // the damage is told by the next read
      return broken(step.status().text());
    }
    raw_used_ += step.value().consumed;
    offset_ += step.value().produced;
    result.size += step.value().produced;
    if (at_end && step.value().produced == 0 && step.value().consumed == 0) {
      result.state = ReadResult::State::end;
      return result;
    }
  }
  return result;
}

ReadResult FileReader::broken(std::string why) {
  failure_ = std::move(why);
  return {0, ReadResult::State::broken};
}

}  // namespace penstock
