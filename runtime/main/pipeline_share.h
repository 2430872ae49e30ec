// One worker's share of a running pipeline: its PipelineRun, and what that needs to live.
#pragma once
#include <memory>

#include "runtime/main/worker.h"
#include "runtime/pipeline/pipeline_run.h"

namespace penstock {

// Made on the main thread; worked on and destroyed on the worker's thread, or on the main thread once that has ended. Its
// counters may be read from any thread.
class PipelineShare {
 public:
  // `environment`: what does not come from the worker itself. `plan` is one of the program's.
  PipelineShare(Worker& worker, std::shared_ptr<Program> program, PipelinePlan& plan, PipelineEnvironment environment);
  ~PipelineShare();
  PipelineShare(const PipelineShare&) = delete;
  PipelineShare& operator=(const PipelineShare&) = delete;

  // Runs the script in this worker's state when it does not have it yet, opens stages and sinks.
  Status open();
  // Requires open(). Does nothing once it drains.
  Status start();
  void drain();
  // Requires nothing; the first call counts.
  void close();

  const PipelineRun& run() const { return *run_; }
  // Between batches, on the worker's thread.
  void take_notes() { unaccounted_.store(run_->unaccounted(), std::memory_order_relaxed); }
  // PipelineRun::unaccounted() as of the last take_notes().
  std::int64_t unaccounted() const { return unaccounted_.load(std::memory_order_relaxed); }

 private:
  Worker& worker_;
  const std::shared_ptr<Program> program_;
  std::shared_ptr<script::Script> script_;  // outlives the stages
  std::unique_ptr<PipelineRun> run_;
  std::atomic<std::int64_t> unaccounted_{0};
  bool draining_ = false;
  bool closed_ = false;
};

}  // namespace penstock
