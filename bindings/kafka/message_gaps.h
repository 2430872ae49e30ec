// Messages that were expected and did not come: deleted at the broker, or none at all.
#pragma once
#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "bindings/kafka/assignment.h"

namespace penstock::kafka {

// Transactions and compaction leave holes too. What has been deleted lies before the first message that is still there: that has to be
// asked for, now and then. Memory: one gap for each partition.
class MessageGaps {
 public:
  struct Loss {
    PartitionId id;
    std::int64_t from;
    std::int64_t messages;
  };

  // The message at `found` came where the one at `expected` should have.
  void note(const PartitionId& id, std::int64_t expected, std::int64_t found) {
    constexpr std::int64_t common = 1;  // the mark at a transaction's end
    if (found - expected > common) gaps_.try_emplace(id, Gap{expected, found});
  }
  bool empty() const { return gaps_.empty(); }
  // The partitions with gaps.
  std::vector<PartitionId> partitions() const {
    std::vector<PartitionId> out;
    for (const auto& [id, gap] : gaps_) out.push_back(id);
    return out;
  }
  // What was lost, given the first messages that are still there; forgets the gaps.
  std::vector<Loss> losses(const Positions& first_there) {
    std::vector<Loss> out;
    for (const Position& first : first_there) {
      const auto gap = gaps_.find(first.id);
      if (gap == gaps_.end()) continue;
      const std::int64_t lost = std::min(first.offset, gap->second.found) - gap->second.expected;
      if (lost > 0) out.push_back({first.id, gap->second.expected, lost});
    }
    gaps_.clear();
    return out;
  }

 private:
  struct Gap {
    std::int64_t expected;
    std::int64_t found;
  };
  std::map<PartitionId, Gap> gaps_;
};

}  // namespace penstock::kafka
