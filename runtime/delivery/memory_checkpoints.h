// Checkpoints that live as long as the process: without a state directory, a reload goes on where the run before it was.
#pragma once
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "runtime/delivery/checkpoint.h"

namespace penstock {

// Thread-safe. Memory: one record for each stream that is not forgotten.
class MemoryCheckpoints final : public CheckpointStore {
 public:
  std::vector<Checkpoint> list(const std::string& pipeline, const std::string& source) override;
  void put(Checkpoint checkpoint) override;
  void forget(const std::string& pipeline, const std::string& source, const std::string& stream) override;

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  // pipeline, source, stream

  std::mutex mutex_;
  std::map<Key, Checkpoint> checkpoints_;  // guarded by mutex_
};

}  // namespace penstock
