// The worker threads of a process: as many as the pipeline with the most workers asks for, shared by all pipelines.
#pragma once
#include <chrono>
#include <memory>
#include <set>
#include <vector>

#include "runtime/main/worker.h"

namespace penstock {

// For the main thread. Threads are started when they are first needed and go on until the end.
class Workers {
 public:
  // Starts what is missing to `count`.
  Status grow(int count);

  std::size_t size() const { return workers_.size(); }
  Worker& operator[](std::size_t number) { return *workers_[number]; }
  const Worker& operator[](std::size_t number) const { return *workers_[number]; }

  // The worker is lost in code that cannot be stopped: it is neither asked nor waited for any more. False: that was known.
  bool give_up(std::size_t number) { return stuck_.insert(number).second; }
  bool any_stuck() const { return !stuck_.empty(); }
  bool stuck(std::size_t number) const { return stuck_.contains(number); }

  // Ends every thread that can be ended; those that take longer than `time` count as stuck.
  void finish(std::chrono::steady_clock::duration time);

 private:
  std::vector<std::unique_ptr<Worker>> workers_;
  std::set<std::size_t> stuck_;
};

}  // namespace penstock
