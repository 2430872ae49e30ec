#include "runtime/loop/signal_watch.h"

namespace penstock {

SignalWatch::SignalWatch(Loop& loop, std::initializer_list<int> signals, std::function<void(int signal)> on_signal) {
  for (const int signal : signals) watches_.push_back(loop.on_signal(signal, [on_signal, signal] { on_signal(signal); }));
}

}  // namespace penstock
