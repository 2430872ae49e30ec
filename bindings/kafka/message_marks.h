// Which message a byte of a partition's stream belongs to, and up to which message everything is acked.
#pragma once
#include <cstdint>
#include <vector>

namespace penstock::kafka {

// One for each partition, on its worker's thread. Messages are added as they are given to the stream, and forgotten when they
// are acked, or can no longer be. Memory: 16 bytes for each message between, bounded by what is in flight.
class MessageMarks {
 public:
  // A message at `offset` of the partition (they ascend, with holes) whose text ends before byte `end` of the stream; the end of
  // the message before it when it has no text.
  void add(std::int64_t offset, std::uint64_t end);

  // Everything before byte `position` is acked: forgets the messages that lie before it. Returns the offset to go on at, behind the
  // last of them; -1 when there is none.
  std::int64_t pass(std::uint64_t position);

  // The offset of the message that byte `position` belongs to; of the latest when it lies behind all. Requires !empty().
  std::int64_t offset_at(std::uint64_t position) const { return at(find(position)).offset; }

  bool empty() const { return first_ == next_; }
  std::size_t size() const { return static_cast<std::size_t>(next_ - first_); }

 private:
  struct Mark {
    std::int64_t offset;
    std::uint64_t end;
  };
  const Mark& at(std::uint64_t number) const { return ring_[number & (ring_.size() - 1)]; }
  std::uint64_t find(std::uint64_t position) const;
  void grow();

  std::vector<Mark> ring_;  // a power of two, or empty
  std::uint64_t first_ = 0;
  std::uint64_t next_ = 0;
};

}  // namespace penstock::kafka
