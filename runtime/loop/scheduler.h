// What components may ask of their worker's loop without knowing libuv: time and later calls.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace penstock {

// A call that was asked for; destroying it cancels it.
class Scheduled {
 public:
  virtual ~Scheduled() = default;
};

// What a watched descriptor is ready for. An error or a hang-up counts as both: the next read or write tells.
struct Readiness {
  bool readable = false;
  bool writable = false;
};

// A descriptor under watch; destroying it ends the watch.
class DescriptorWatch : public Scheduled {
 public:
  // What to wait for from now on (level triggered); neither: nothing, until told again.
  virtual void want(Readiness readiness) = 0;
};

class Scheduler {
 public:
  virtual ~Scheduler() = default;
  // Monotonic, cached once per loop iteration.
  virtual std::chrono::milliseconds now() const = 0;
  // Calls `call` once after `delay` on this worker's thread.
  virtual std::unique_ptr<Scheduled> after(std::chrono::milliseconds delay, std::function<void()> call) = 0;
  // Calls `call` every `interval`, first after one interval.
  virtual std::unique_ptr<Scheduled> every(std::chrono::milliseconds interval, std::function<void()> call) = 0;
  // Calls `call` over and over, once per loop iteration, as long as the result lives: for work that is always ready, like
  // reading a file that is not at its end. Other events of the loop get their turn in between.
  virtual std::unique_ptr<Scheduled> repeatedly(std::function<void()> call) = 0;
  // Calls `call` when something below `directory` (itself, not deeper) is made, changed or renamed. May call for nothing, and
  // on some file systems never: poll too.
  virtual std::unique_ptr<Scheduled> on_change(const std::string& directory, std::function<void()> call) = 0;
  // Calls `call` when the descriptor is readable (level triggered).
  virtual std::unique_ptr<Scheduled> on_readable(int fd, std::function<void()> call) = 0;
  // Watches a socket or pipe for what `want` says, at first for nothing. Null when the kernel cannot watch it. One watch for
  // each descriptor, which must stay open until the watch is gone.
  virtual std::unique_ptr<DescriptorWatch> watch(int fd, std::function<void(Readiness)> call) = 0;
  // Runs `work` on a thread of the process's pool (fsync, look-ups of names, compression of large batches), then `done` on
  // this worker's thread. Work that is destroyed before it began does not run; while it runs, it runs to its end and only
  // `done` is not called: so `work` owns what it touches. Neither may throw.
  virtual std::unique_ptr<Scheduled> in_background(std::function<void()> work, std::function<void()> done) = 0;
};

}  // namespace penstock
