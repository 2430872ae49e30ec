// One thread's event loop: timers, watched descriptors and directories, signals, and calls from other threads.
// A worker is one thread that runs one Loop; everything of that worker happens inside the calls that it makes.
#pragma once
#include <functional>
#include <memory>

#include "runtime/base/status.h"
#include "runtime/loop/scheduler.h"

namespace penstock {

// Threads: everything is for the thread that runs the loop (or that will, before run()), but post(), which is for all.
//
// A Scheduled may be destroyed at any time on that thread, in its own call too; it is not called again, and what its call
// holds is released at once (in its own call: when that returns). All of them must be gone before the Loop is: one left over
// is a bug and ends the process.
//
// A call must not throw. An exception that leaves one ends the process (std::terminate): with the state of a worker unknown,
// starting again from the checkpoints is what loses nothing.
class Loop final : public Scheduler {
 public:
  // Fails with Code::limit when the process has no descriptors left.
  static Result<std::unique_ptr<Loop>> open();
  // Drops what was posted and never called, waits for nothing. Requires that run() is not running and every Scheduled is gone.
  ~Loop() override;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Makes calls until stop(), also while nothing at all is scheduled (somebody may post).
  void run();
  // run() returns after the current iteration; before run(), the next run() returns at once. From another thread:
  // post([&loop] { loop.stop(); }).
  void stop();
  // Makes the calls that are due now and returns; never waits. For tests and for draining.
  void run_ready();

  // Calls `call` once on the loop's thread, soon; in the order of posting for each thread. From any thread, never waits for
  // the loop. What is posted inside a posted call comes in the next iteration, so that other handles get their turn.
  void post(std::function<void()> call);

  std::chrono::milliseconds now() const override;
  // Counts from now, not from the start of the iteration. A negative delay is 0: in the next iteration.
  std::unique_ptr<Scheduled> after(std::chrono::milliseconds delay, std::function<void()> call) override;
  // Requires interval >= 1 ms (less counts as 1 ms). A slow loop skips beats, it does not make up for them.
  std::unique_ptr<Scheduled> every(std::chrono::milliseconds interval, std::function<void()> call) override;
  std::unique_ptr<Scheduled> repeatedly(std::function<void()> call) override;
  // Null when the directory cannot be watched (missing, no permission, the user's inotify watches are used up): poll then.
  std::unique_ptr<Scheduled> on_change(const std::string& directory, std::function<void()> call) override;
  // Null when the kernel cannot watch the descriptor (a regular file, a directory: they are always readable, so read them
  // with repeatedly()), when it is not open, or when it is watched by this loop already. Readable means that a read will
  // not wait: at the end of the stream and after an error too, so read until it says so. After an error there is one
  // last call. The descriptor must stay open until the Scheduled is gone. Its O_NONBLOCK flag stays as it was: it is
  // shared with every process that has the same terminal or pipe.
  std::unique_ptr<Scheduled> on_readable(int fd, std::function<void()> call) override;
  // `watch` may be used while it calls; as for on_readable, O_NONBLOCK stays as it was.
  std::unique_ptr<DescriptorWatch> watch(int fd, std::function<void(Readiness)> call) override;
  // ~Loop waits for work that is still running. Background threads: for all loops of a process together, 16 in the program (UV_THREADPOOL_SIZE), 4 where nothing is said.
  std::unique_ptr<Scheduled> in_background(std::function<void()> work, std::function<void()> done) override;
  // Calls `call` when the process gets `signal`, whose default action is off meanwhile. Several may watch one signal.
  // Requires a signal that can be caught.
  std::unique_ptr<Scheduled> on_signal(int signal, std::function<void()> call);

 private:
  struct Impl;
  explicit Loop(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace penstock
