// Stops Lua code that runs too long. One thread for the process looks at the clock; the threads that run Lua only note when
// they begin and end, so a section costs two stores.
//
// When a section's limit passes, the watchdog signals that section's thread, and the signal's handler makes the Lua state
// raise `edge.lua:14: stopped: ran longer than 2 s` at every instruction until the section ends (LuaState::request_stop).
// Interpreted code always stops; compiled code stops when LuaJIT was built with LUAJIT_ENABLE_CHECKHOOK. C code that Lua
// calls and that does not return (a pattern match, say) is not stopped: such a section is fenced grace after the limit.
#pragma once
#include <chrono>
#include <functional>

#include "runtime/script/lua_state.h"

namespace penstock::script {

// How long a section may take to end after it was told to.
inline constexpr std::chrono::milliseconds watchdog_grace{2000};

// The real-time signal that the watchdog takes for itself. Threads that run Lua must not block it.
int watchdog_signal();

// Called once for a section that did not end within the grace, on the watchdog's thread: its thread is lost, nothing that it
// holds may be acked, and the process should end with status 1 as soon as the others are drained. `text` says what happened.
// With a LuaJIT that does not check hooks in compiled code there is no such call: the text goes to stderr and the process
// ends at once with status 1, because any long loop may end up there.
using FencedCallback = std::function<void(const std::string& text)>;

// While it lives, what runs in `state` on this thread is bounded by `limit` (precision: a tenth of it, from 5 to 100 ms).
// Sections do not nest: one within another counts as part of the outer. `on_fenced` (may be null) must outlive the section.
class TimedSection {
 public:
  TimedSection(LuaState& state, std::chrono::milliseconds limit, const FencedCallback* on_fenced = nullptr);
  ~TimedSection();
  TimedSection(const TimedSection&) = delete;
  TimedSection& operator=(const TimedSection&) = delete;

  // The limit has passed and the code was told to stop. Whatever the call into Lua returned, its work is not to be trusted.
  bool stopped() const { return state_.stop_requested(); }

 private:
  LuaState& state_;
  bool outermost_;
};

}  // namespace penstock::script
