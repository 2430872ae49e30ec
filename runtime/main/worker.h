// One thread with its own loop, on which the shares of pipelines come and go.
#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <set>
#include <thread>

#include "runtime/loop/loop.h"
#include "runtime/main/program.h"

namespace penstock {

class PipelineShare;

class Worker {
 public:
  explicit Worker(int number) : number_(number) {}
  // Requires that every share is gone, or that the thread has ended.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Opens the loop and starts the thread.
  Status start();
  // From any thread: close what is still open and end the thread, now; what is not delivered is counted undelivered.
  void finish();
  void join();
  // Waits until the thread is past everything that it does for its pipelines; false: it is not by `time`.
  bool wait_ended(std::chrono::steady_clock::time_point time) const { return ended_.wait_until(time) == std::future_status::ready; }

  int number() const { return number_; }
  // Calls `call` on this worker's thread. From any thread.
  void post(std::function<void()> call) { loop_->post(std::move(call)); }
  // What its Lua states hold, as of the last take_notes(). From any thread.
  std::size_t lua_bytes() const { return lua_bytes_.load(std::memory_order_relaxed); }

  // The rest is for the worker's own thread (and for the loop's address, for anybody).
  Loop& loop() { return *loop_; }
  // This worker's state of the program's script, declared; lives as long as somebody holds it. Fails when the script does not
  // declare here what it declared before (it asks the clock, or a secret's file is gone).
  Result<std::shared_ptr<script::Script>> script_of(const std::shared_ptr<Program>& program);
  void add(PipelineShare* share) { shares_.insert(share); }
  void remove(PipelineShare* share) { shares_.erase(share); }
  // Between batches: what other threads cannot see by themselves.
  void take_notes();

 private:
  void run();

  const int number_;
  std::unique_ptr<Loop> loop_;
  std::map<const Program*, std::weak_ptr<script::Script>> scripts_;
  std::set<PipelineShare*> shares_;
  std::atomic<std::size_t> lua_bytes_{0};
  std::promise<void> end_;
  std::future<void> ended_ = end_.get_future();
  std::thread thread_;
};

}  // namespace penstock
