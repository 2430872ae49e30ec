// Whether the workers' loops still turn: what /healthz and systemd's watchdog are told.
#pragma once
#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

#include "runtime/main/workers.h"

namespace penstock {

// Asks every worker each `interval` to answer, unless it still owes an answer; each answer notes what the worker
// holds and counts too (Worker::take_notes).
// For the main thread.
class Heartbeat {
 public:
  Heartbeat(Loop& main, Workers& workers, std::chrono::milliseconds interval);

  // How long the slowest worker owes its answer; 0 when none does.
  std::chrono::milliseconds silence() const;
  // The same of one worker.
  std::chrono::milliseconds silence(std::size_t worker) const;
  // Asks now.
  void beat();

 private:
  struct Asked {
    std::chrono::steady_clock::time_point when;
    std::shared_ptr<std::atomic<bool>> answered;
  };

  Workers& workers_;
  std::vector<Asked> asked_;  // by worker
  std::unique_ptr<Scheduled> timer_;
};

}  // namespace penstock
