#include "runtime/main/heartbeat.h"

#include <algorithm>

namespace penstock {

Heartbeat::Heartbeat(Loop& main, Workers& workers, std::chrono::milliseconds interval)
    : workers_(workers), timer_(main.every(interval, [this] { beat(); })) {
  beat();
}

void Heartbeat::beat() {
  asked_.resize(workers_.size());
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    Asked& asked = asked_[i];
    if (asked.answered && !asked.answered->load(std::memory_order_relaxed)) continue;
    asked = {std::chrono::steady_clock::now(), std::make_shared<std::atomic<bool>>(false)};
    Worker& worker = workers_[i];
    worker.post([&worker, answered = asked.answered] {
      worker.take_notes();
      answered->store(true, std::memory_order_relaxed);
    });
  }
}

std::chrono::milliseconds Heartbeat::silence() const {
  std::chrono::milliseconds longest{0};
  for (std::size_t i = 0; i < asked_.size(); ++i) longest = std::max(longest, silence(i));
  return longest;
}

std::chrono::milliseconds Heartbeat::silence(std::size_t worker) const {
  if (worker >= asked_.size() || asked_[worker].answered->load(std::memory_order_relaxed)) return std::chrono::milliseconds(0);
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - asked_[worker].when);
}

}  // namespace penstock
