// Where reading goes on after a restart.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/base/status.h"

namespace penstock {

// A position in one stream of one pipeline, up to which everything is acked.
struct Checkpoint {
  std::string pipeline;
  std::string source;       // the source's number in its pipeline and its type: `0:file`
  std::string stream;       // identifies the stream over restarts: for a file its device, inode, fingerprint and range
  std::string name;         // for people: the path
  std::uint64_t position = 0;
  std::map<std::string, std::string> details;  // what the source keeps beside it: fingerprint, size, range end, ...
};

// Small durable state. Thread-safe: workers put, the control thread commits.
class CheckpointStore {
 public:
  virtual ~CheckpointStore() = default;
  // The latest of every stream of that pipeline and source.
  virtual std::vector<Checkpoint> list(const std::string& pipeline, const std::string& source) = 0;
  // Remembers; written with the next commit. Cheap.
  virtual void put(Checkpoint checkpoint) = 0;
  virtual void forget(const std::string& pipeline, const std::string& source, const std::string& stream) = 0;
};

}  // namespace penstock
