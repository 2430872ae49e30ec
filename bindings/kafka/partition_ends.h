// Where a run that ends is to stop in each partition.
#pragma once
#include <cstdint>
#include <map>
#include <set>

#include "bindings/kafka/assignment.h"

namespace penstock::kafka {

// Empty: there are no ends, everything is to be read.
class PartitionEnds {
 public:
  // The offsets behind the last messages that there are.
  void set(const Positions& ends) {
    for (const Position& position : ends) ends_[position.id] = position.offset;
  }
  // Reading begins, or begins again, there.
  void begin_at(const Position& position) {
    const auto end = ends_.find(position.id);
    if (end != ends_.end() && position.offset < end->second) left_.insert(position.id);
  }
  // The next message of the partition would be `next`. True: with this, every partition is read to its end.
  bool pass(const PartitionId& id, std::int64_t next) {
    const auto end = ends_.find(id);
    return end != ends_.end() && next >= end->second && left_.erase(id) != 0 && left_.empty();
  }
  // A message that came later is none of ours.
  bool is_beyond(const PartitionId& id, std::int64_t offset) const {
    const auto end = ends_.find(id);
    return end != ends_.end() && offset >= end->second;
  }
  // Every partition that was begun is read to its end.
  bool all_passed() const { return left_.empty(); }

 private:
  std::map<PartitionId, std::int64_t> ends_;
  std::set<PartitionId> left_;
};

}  // namespace penstock::kafka
