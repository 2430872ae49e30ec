#include "runtime/delivery/memory_checkpoints.h"

namespace penstock {

std::vector<Checkpoint> MemoryCheckpoints::list(const std::string& pipeline, const std::string& source) {
  const std::lock_guard lock(mutex_);
  std::vector<Checkpoint> out;
  for (auto at = checkpoints_.lower_bound({pipeline, source, ""}); at != checkpoints_.end(); ++at) {
    if (std::get<0>(at->first) != pipeline || std::get<1>(at->first) != source) break;
    out.push_back(at->second);
  }
  return out;
}

void MemoryCheckpoints::put(Checkpoint checkpoint) {
  Key key{checkpoint.pipeline, checkpoint.source, checkpoint.stream};
  const std::lock_guard lock(mutex_);
  checkpoints_.insert_or_assign(std::move(key), std::move(checkpoint));
}

void MemoryCheckpoints::forget(const std::string& pipeline, const std::string& source, const std::string& stream) {
  const std::lock_guard lock(mutex_);
  checkpoints_.erase({pipeline, source, stream});
}

}  // namespace penstock
