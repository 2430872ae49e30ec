#include "bindings/kafka/message_marks.h"

#include <cassert>
#include <utility>

namespace penstock::kafka {

void MessageMarks::add(std::int64_t offset, std::uint64_t end) {
  assert(empty() || (offset > at(next_ - 1).offset && end >= at(next_ - 1).end));
  if (size() == ring_.size()) grow();
  ring_[next_++ & (ring_.size() - 1)] = {offset, end};
}

std::int64_t MessageMarks::pass(std::uint64_t position) {
  std::int64_t last = -2;
  for (; first_ < next_ && at(first_).end <= position; ++first_) last = at(first_).offset;
  return last + 1;
}

// The first message that ends behind the position.
std::uint64_t MessageMarks::find(std::uint64_t position) const {
  assert(!empty());
  std::uint64_t low = first_, high = next_ - 1;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (at(middle).end <= position)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

void MessageMarks::grow() {
  std::vector<Mark> bigger(ring_.empty() ? 64 : ring_.size() * 2);
  for (std::uint64_t i = first_; i < next_; ++i) bigger[i & (bigger.size() - 1)] = at(i);
  ring_ = std::move(bigger);
}

}  // namespace penstock::kafka
