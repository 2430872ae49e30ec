#include "runtime/main/workers.h"

namespace penstock {

Status Workers::grow(int count) {
  while (workers_.size() < static_cast<std::size_t>(count)) {
    auto worker = std::make_unique<Worker>(static_cast<int>(workers_.size()));
    if (Status started = worker->start(); !started.ok()) return started;
    workers_.push_back(std::move(worker));
  }
  return {};
}

void Workers::finish(std::chrono::steady_clock::duration time) {
  for (std::size_t i = 0; i < workers_.size(); ++i)
    if (!stuck(i)) workers_[i]->finish();
  // A worker may hang in a write to a terminal or pipe that nobody reads.
  const auto until = std::chrono::steady_clock::now() + time;
  for (std::size_t i = 0; i < workers_.size(); ++i)
    if (!workers_[i]->wait_ended(until)) give_up(i);
  for (std::size_t i = 0; i < workers_.size(); ++i)
    if (!stuck(i)) workers_[i]->join();
}

}  // namespace penstock
