// Who works in a spool's directory. The lock of the state directory keeps other processes out; within this one, a reload opens
// a sink again while the one before still drains.
#pragma once
#include <string>

namespace penstock {

// Held by each worker's spool while it works in the directory. Sinks opened from the same plan are one family. Thread-safe.
class SpoolClaim {
 public:
  // `family`: the plan's address.
  SpoolClaim(std::string directory, const void* family);
  ~SpoolClaim();
  SpoolClaim(const SpoolClaim&) = delete;
  SpoolClaim& operator=(const SpoolClaim&) = delete;

  // A family that was there before this one still works in the directory: its files are not yet left behind.
  bool others_before() const;

 private:
  const std::string directory_;
  const void* const family_;
};

}  // namespace penstock
