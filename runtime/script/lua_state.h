// One Lua state with bounds: what it may allocate, and a way to stop what runs in it. Belongs to one thread.
#pragma once
#include <atomic>
#include <cstddef>
#include <optional>
#include <string>

#include "runtime/plan/declaration.h"

struct lua_State;
struct lua_Debug;

namespace penstock::script {

// Why a call into Lua failed.
struct Failure {
  std::string message;    // `edge.lua:14: attempt to index a nil value`: the error's own text, with its place when it has one
  std::string traceback;  // several lines, without the message; empty when memory ran out
};

class LuaState {
 public:
  static constexpr std::size_t default_memory_bytes = std::size_t{128} << 20;

  // All of LuaJIT's libraries are opened; Sandbox decides what a script sees of them. Throws std::bad_alloc when there is
  // no memory for a state.
  //
  // Past `memory_bytes` a full collection runs; when less than an eighth of the bound is free after it, the code that runs
  // gets an error with its line. Past twice the bound an allocation fails, and LuaJIT raises "not enough memory", which
  // has no line. So a state never holds more than 2 * memory_bytes.
  explicit LuaState(std::size_t memory_bytes = default_memory_bytes);
  ~LuaState();
  LuaState(const LuaState&) = delete;
  LuaState& operator=(const LuaState&) = delete;

  lua_State* get() const { return lua_; }
  // The state that `L`, or the coroutine `L`, belongs to.
  static LuaState& of(lua_State* L);

  std::size_t memory_bytes() const { return memory_bytes_; }
  void set_memory_bytes(std::size_t bytes) { memory_bytes_ = bytes; }
  std::size_t memory_used() const { return used_; }
  // How often code was stopped because memory ran short.
  unsigned memory_failures() const { return memory_failures_; }
  void note_memory_failure() { ++memory_failures_; }

  // Makes the code that runs in this state raise `edge.lua:LINE: stopped: ran longer than 2 s`, at the next instruction
  // and again at each one after it, so that no pcall keeps the error, until clear_stop(). Async-signal-safe; only from a
  // signal handler on the state's own thread, or on that thread itself. `limit_ms` is for the text.
  void request_stop(long limit_ms) noexcept;
  bool stop_requested() const { return stop_after_ms_.load(std::memory_order_relaxed) != 0; }
  void clear_stop() noexcept;

 private:
  static void* allocate(void* self, void* block, std::size_t old_size, std::size_t size);
  static void on_hook(lua_State* L, lua_Debug*);
  void raise_if_memory_is_short(lua_State* L);

  lua_State* lua_ = nullptr;
  void* (*base_allocate_)(void*, void*, std::size_t, std::size_t) = nullptr;  // LuaJIT's own allocator
  void* base_arena_ = nullptr;
  std::size_t memory_bytes_;
  std::size_t used_ = 0;
  bool memory_short_ = false;
  unsigned memory_failures_ = 0;
  std::atomic<long> stop_after_ms_{0};  // 0: not asked to stop
};

// The one way into Lua from C++: calls the function below its `args` arguments, with a traceback. On success `results`
// values stand in their place; on failure nothing does.
std::optional<Failure> call(lua_State* L, int args, int results);

// The innermost script line that is running, at or above stack level `level`: frames of C and of the embedded modules
// are skipped. Line 0 when no script runs. Allocates nothing in Lua.
Where running_place(lua_State* L, int level = 0);

// Raises the text on top of the stack as an error, with that line of the script before it when one runs. A lua_CFunction.
int raise_at_place(lua_State* L);

// Names of the embedded modules' chunks begin so: `=[penstock.check]`.
inline constexpr const char* stdlib_chunk_prefix = "=[penstock";

// What this LuaJIT can do about compiled code that never returns: hooks are checked in compiled loops.
bool stops_compiled_code();

}  // namespace penstock::script
