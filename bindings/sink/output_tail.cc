#include "bindings/sink/output_tail.h"

#include <algorithm>
#include <string>
#include <vector>

#include "bindings/compress/decompressor.h"

namespace penstock {

namespace {

constexpr std::size_t block_size = 256 * 1024;

Status read_failure(std::int64_t result) {
  return result == 0 ? Status(Code::io, "the file shrank while it was read") : Status::from_errno(static_cast<int>(-result), "reading");
}

// Reads [from, from + size) whole.
Result<std::string> read_range(FileSystem& files, int fd, std::uint64_t from, std::size_t size) {
  std::string text(size, '\0');
  std::size_t at = 0;
  while (at < size) {
    const std::int64_t got = files.read_at(fd, {text.data() + at, size - at}, from + at);
    if (got <= 0) return read_failure(got);
    at += static_cast<std::size_t>(got);
  }
  return text;
}

// The offset of the last `separator` in the file, or size when there is none.
Result<std::uint64_t> find_last(FileSystem& files, int fd, std::uint64_t size, ByteView separator) {
  std::uint64_t end = size;
  while (end > 0) {
    const std::uint64_t start = end > block_size ? end - block_size : 0;
    // Blocks overlap, so that a separator across their border is seen.
    const std::size_t length = static_cast<std::size_t>(std::min<std::uint64_t>(size, end + separator.size() - 1) - start);
    Result<std::string> block = read_range(files, fd, start, length);
    if (!block.ok()) return block.take_status();
    const std::size_t found = block->rfind(separator);
    if (found != std::string::npos) return start + found;
    end = start;
  }
  return size;
}

Result<OutputTail> tail_of_lines(FileSystem& files, int fd, std::uint64_t size, const Framing& framing) {
  Result<std::uint64_t> last = find_last(files, fd, size, framing.separator);
  if (!last.ok()) return last.take_status();
  if (*last == size) return Status(Code::corrupt, "the file is there and holds no whole entry of this format");
  const std::uint64_t whole = *last + framing.separator.size();
  return OutputTail{whole, whole < size, Lead::nothing};
}

Result<OutputTail> tail_of_array(FileSystem& files, int fd, std::uint64_t size, const Framing& framing) {
  const auto head_size = static_cast<std::size_t>(std::min<std::uint64_t>(size, framing.prefix.size()));
  Result<std::string> head = read_range(files, fd, 0, head_size);
  if (!head.ok()) return head.take_status();
  if (!framing.prefix.starts_with(*head)) return Status(Code::invalid, "the file is there and does not begin as this format does");
  if (size >= framing.prefix.size() + framing.suffix.size()) {
    const std::uint64_t whole = size - framing.suffix.size();
    Result<std::string> end = read_range(files, fd, whole, framing.suffix.size());
    if (!end.ok()) return end.take_status();
    if (*end == framing.suffix) return OutputTail{whole, false, whole == framing.prefix.size() ? Lead::nothing : Lead::separator};
  }
  Result<std::uint64_t> last = find_last(files, fd, size, framing.separator);
  if (!last.ok()) return last.take_status();
  if (*last == size) return OutputTail{0, true, Lead::prefix};
  return OutputTail{*last, true, Lead::separator};
}

// Follows the members of a compressed file.
class MemberWalk {
 public:
  MemberWalk(const Framing& framing, Compression compression) : framing_(framing), compression_(compression) {}

  void decoded(ByteView data) {
    member_size_ += data.size();
    if (member_size_ <= mark_size()) member_.append(data);
    recent_.append(data.substr(data.size() - std::min(data.size(), framing_.separator.size())));
    if (recent_.size() > framing_.separator.size()) recent_.erase(0, recent_.size() - framing_.separator.size());
  }
  void member_ended(std::uint64_t at) {
    const bool small = member_size_ == member_.size();
    const bool separated = recent_ == framing_.separator;
    if (!framing_.suffix.empty()) {
      closed_ = small && member_ == framing_.suffix;
      if (closed_ || (small && member_ == framing_.separator)) {
        array_ = {end_, false, members_ > 1 ? Lead::separator : Lead::nothing};
      }
    }
    if (compression_ != Compression::snappy || separated) lines_ = {at, false, separated ? Lead::nothing : Lead::separator};
    ++members_;
    end_ = at;
    member_.clear();
    member_size_ = 0;
  }
  OutputTail tail(std::uint64_t size) const {
    OutputTail tail = framing_.suffix.empty() ? lines_ : array_;
    tail.torn = framing_.suffix.empty() ? tail.whole != size : !(closed_ && end_ == size);
    return tail;
  }
  bool begun() const { return members_ != 0; }

 private:
  std::size_t mark_size() const { return std::max(framing_.separator.size(), framing_.suffix.size()); }

  const Framing& framing_;
  Compression compression_;
  std::string member_;             // of the current member's data, while it may be a separator or suffix
  std::size_t member_size_ = 0;
  std::string recent_;             // the last bytes of data
  std::uint64_t members_ = 0;
  std::uint64_t end_ = 0;          // of the last whole member
  bool closed_ = false;            // that was the suffix
  OutputTail lines_, array_;
};

Result<OutputTail> tail_of_members(FileSystem& files, int fd, std::uint64_t size, const Framing& framing, Compression compression) {
  MemberWalk walk(framing, compression);
  auto decompressor = make_decompressor(compression);
  std::vector<char> in(block_size), out(block_size);
  for (std::uint64_t at = 0; at < size;) {
    const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(in.size(), size - at));
    const std::int64_t got = files.read_at(fd, {in.data(), wanted}, at);
    if (got <= 0) return read_failure(got);
    ByteView left(in.data(), static_cast<std::size_t>(got));
    at += left.size();
    for (bool more = true; more;) {
      const Result<Progress> step = decompressor->step(left, out);
      if (!step.ok()) return Status(walk.begun() ? Code::corrupt : Code::invalid, step.status().text());
      const Progress& progress = step.value();
      left.remove_prefix(progress.consumed);
      walk.decoded({out.data(), progress.produced});
      if (progress.member_ended) walk.member_ended(decompressor->consumed());
      more = !left.empty() || progress.member_ended || progress.produced == out.size();
    }
  }
  return walk.tail(size);
}

}  // namespace

Result<OutputTail> find_tail(FileSystem& files, int fd, std::uint64_t size, const Framing& framing, Compression compression) {
  if (size == 0) return OutputTail{};
  if (compression != Compression::none) return tail_of_members(files, fd, size, framing, compression);
  if (!framing.suffix.empty()) return tail_of_array(files, fd, size, framing);
  if (framing.separator_ends && !framing.separator.empty()) return tail_of_lines(files, fd, size, framing);
  return OutputTail{size, false, Lead::separator};
}

}  // namespace penstock
