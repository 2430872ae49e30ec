// One thread with its own loop, its own Lua state, and its own run of every pipeline.
#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "runtime/loop/loop.h"
#include "runtime/main/program.h"
#include "runtime/pipeline/pipeline_run.h"

namespace penstock {

// Where a worker's news go. Called on the worker's thread.
struct WorkerReports {
  std::function<void(const std::string&)> on_message;
  // A pipeline could not start: the whole run ends.
  std::function<void(const Status&)> on_start_failed;
  // Every pipeline of this worker is done: nothing more is read, everything is delivered. It waits for finish(), so that
  // outputs which workers share stay open until the last one is done.
  std::function<void(int worker)> on_done;
  // On another thread: this worker is lost in Lua code that cannot be stopped. It never acks again and never ends.
  std::function<void(int worker, const std::string&)> on_stuck;
};

class Worker {
 public:
  // `dead_letters`: one for each pipeline of the program, in order.
  Worker(Program& program, int number, CheckpointStore* checkpoints, std::vector<DeadLetterFile*> dead_letters, WorkerReports reports);
  ~Worker();

  // Opens the loop and starts the thread.
  Status start();
  // From any thread: stop reading, deliver, end.
  void drain();
  // From any thread: close everything and end the thread, now; what is not delivered is counted undelivered.
  void finish();
  void join();
  // Waits until the thread is past everything that it does for its pipelines; false: it is not by `time`.
  bool wait_ended(std::chrono::steady_clock::time_point time) const { return ended_.wait_until(time) == std::future_status::ready; }

  // Adds this worker's counts of pipeline `index` to `totals`. From any thread.
  void add_totals(std::size_t index, Totals& totals) const;
  std::uint64_t total_bytes(std::size_t index) const;

 private:
  void run();
  bool open_pipelines();
  void on_pipeline_done();

  Program& program_;
  const int number_;
  CheckpointStore* checkpoints_;
  std::vector<DeadLetterFile*> dead_letters_;
  WorkerReports reports_;
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<script::Script> script_;
  std::vector<std::unique_ptr<PipelineRun>> runs_;  // by pipeline; null where this worker has no share
  std::size_t running_ = 0;
  bool draining_ = false;
  std::promise<void> end_;
  std::future<void> ended_ = end_.get_future();
  std::thread thread_;
};

}  // namespace penstock
