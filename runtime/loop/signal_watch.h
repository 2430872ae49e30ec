// The signals that ask the process to do something: SIGTERM and SIGINT to end, SIGHUP to reload.
#pragma once
#include <functional>
#include <initializer_list>
#include <memory>
#include <vector>

#include "runtime/loop/loop.h"

namespace penstock {

// While it lives, `on_signal` is called on the loop's thread with each of `signals` that the process gets, and their default
// actions are off; afterwards they are back. Use it with the main thread's loop. A burst of one signal may count as one.
// The loop must outlive it.
class SignalWatch {
 public:
  SignalWatch(Loop& loop, std::initializer_list<int> signals, std::function<void(int signal)> on_signal);

 private:
  std::vector<std::unique_ptr<Scheduled>> watches_;
};

}  // namespace penstock
