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
      worker.note_memory();
      answered->store(true, std::memory_order_relaxed);
    });
  }
}

std::chrono::milliseconds Heartbeat::silence() const {
  const auto now = std::chrono::steady_clock::now();
  std::chrono::steady_clock::duration longest{0};
  for (const Asked& asked : asked_)
    if (!asked.answered->load(std::memory_order_relaxed)) longest = std::max(longest, now - asked.when);
  return std::chrono::duration_cast<std::chrono::milliseconds>(longest);
}

}  // namespace penstock
