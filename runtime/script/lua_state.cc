#include "runtime/script/lua_state.h"

#include <cstdio>
#include <cstring>
#include <lua.hpp>
#include <new>

namespace penstock::script {

namespace {

void write_stopped_text(char* to, std::size_t size, long limit_ms) {
  if (limit_ms % 1000 == 0)
    std::snprintf(to, size, "stopped: ran longer than %ld s", limit_ms / 1000);
  else
    std::snprintf(to, size, "stopped: ran longer than %ld ms", limit_ms);
}

void write_memory_text(char* to, std::size_t size, std::size_t bytes) {
  if (bytes % (std::size_t{1} << 20) == 0)
    std::snprintf(to, size, "out of memory: Lua may use %zu MiB (option script_memory)", bytes >> 20);
  else
    std::snprintf(to, size, "out of memory: Lua may use %zu bytes (option script_memory)", bytes);
}

}  // namespace

LuaState::LuaState(std::size_t memory_bytes) : memory_bytes_(memory_bytes) {
  lua_ = luaL_newstate();
  if (!lua_) throw std::bad_alloc();
  luaL_openlibs(lua_);
  // LuaJIT's own allocator is kept and counted: it is faster than malloc for many small blocks.
  base_allocate_ = lua_getallocf(lua_, &base_arena_);
  used_ = static_cast<std::size_t>(lua_gc(lua_, LUA_GCCOUNT, 0)) * 1024;
  lua_setallocf(lua_, &LuaState::allocate, this);
}

LuaState::~LuaState() {
  // With its own allocator in place LuaJIT frees the whole arena at once.
  lua_setallocf(lua_, base_allocate_, base_arena_);
  lua_close(lua_);
}

LuaState& LuaState::of(lua_State* L) {
  void* self = nullptr;
  lua_getallocf(L, &self);
  return *static_cast<LuaState*>(self);
}

void* LuaState::allocate(void* self, void* block, std::size_t old_size, std::size_t size) {
  LuaState& state = *static_cast<LuaState*>(self);
  const std::size_t others = state.used_ > old_size ? state.used_ - old_size : 0;
  const std::size_t used = others + size;
  if (size > old_size && used > state.memory_bytes_) {
    if (used > 2 * state.memory_bytes_) return nullptr;
    if (!state.memory_short_) {
      // An allocator must not raise; the hook does at the next instruction.
      state.memory_short_ = true;
      lua_sethook(state.lua_, &LuaState::on_hook, LUA_MASKCOUNT, 1);
    }
  }
  void* moved = state.base_allocate_(state.base_arena_, block, old_size, size);
  if (moved || size == 0) state.used_ = used;
  return moved;
}

void LuaState::request_stop(long limit_ms) noexcept {
  stop_after_ms_.store(limit_ms > 0 ? limit_ms : 1, std::memory_order_relaxed);
  lua_sethook(lua_, &LuaState::on_hook, LUA_MASKCOUNT, 1);
}

void LuaState::clear_stop() noexcept {
  stop_after_ms_.store(0, std::memory_order_relaxed);
  lua_sethook(lua_, nullptr, 0, 0);
}

static int raise_at_script(lua_State* L, const char* text) {
  // The strings are freed before the error is raised: no destructor is left to run.
  {
    const Where where = running_place(L);
    if (where.line > 0)
      lua_pushfstring(L, "%s:%d: %s", where.file.c_str(), where.line, text);
    else
      luaL_traceback(L, L, text, 0);  // only the embedded modules are running: a mistake of ours, so all that is known
  }
  return lua_error(L);
}

void LuaState::on_hook(lua_State* L, lua_Debug*) {
  LuaState& state = of(L);
  const long limit_ms = state.stop_after_ms_.load(std::memory_order_relaxed);
  if (limit_ms != 0) {
    char text[80];
    write_stopped_text(text, sizeof text, limit_ms);
    raise_at_script(L, text);
  }
  lua_sethook(L, nullptr, 0, 0);
  // The signal may have come between the load and the line above: its hook must not be lost.
  if (state.stop_requested()) lua_sethook(L, &LuaState::on_hook, LUA_MASKCOUNT, 1);
  state.raise_if_memory_is_short(L);
}

void LuaState::raise_if_memory_is_short(lua_State* L) {
  if (!memory_short_) return;
  memory_short_ = false;
  lua_gc(L, LUA_GCCOLLECT, 0);
  if (used_ <= memory_bytes_ - memory_bytes_ / 8) return;
  note_memory_failure();
  char text[96];
  write_memory_text(text, sizeof text, memory_bytes_);
  raise_at_script(L, text);
}

Where running_place(lua_State* L, int level) {
  lua_Debug frame;
  for (; lua_getstack(L, level, &frame); ++level) {
    lua_getinfo(L, "Sl", &frame);
    if (frame.currentline <= 0) continue;
    if (std::strncmp(frame.source, stdlib_chunk_prefix, std::strlen(stdlib_chunk_prefix)) == 0) continue;
    const bool named = frame.source[0] == '@' || frame.source[0] == '=';
    return {named ? frame.source + 1 : frame.short_src, frame.currentline};
  }
  return {};
}

int raise_at_place(lua_State* L) {
  {
    const Where where = running_place(L, 1);
    if (where.line > 0) lua_pushfstring(L, "%s:%d: %s", where.file.c_str(), where.line, lua_tostring(L, -1));
  }
  return lua_error(L);
}

namespace {

const char traceback_key = 0;

// Leaves the error as text, and keeps the traceback in the registry: a message handler has one result only.
int on_error(lua_State* L) {
  if (!lua_isstring(L, 1) && luaL_callmeta(L, 1, "__tostring")) lua_replace(L, 1);
  if (!lua_isstring(L, 1)) {
    lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, 1));
    lua_replace(L, 1);
  }
  lua_settop(L, 1);
  luaL_traceback(L, L, nullptr, 1);
  lua_pushlightuserdata(L, const_cast<char*>(&traceback_key));
  lua_insert(L, -2);
  lua_rawset(L, LUA_REGISTRYINDEX);
  return 1;
}

Failure take_failure(lua_State* L, int status) {
  Failure failure;
  if (status == LUA_ERRMEM) {
    char text[96];
    write_memory_text(text, sizeof text, LuaState::of(L).memory_bytes());
    failure.message = text;
    LuaState::of(L).note_memory_failure();
    return failure;
  }
  std::size_t size = 0;
  const char* text = lua_tolstring(L, -1, &size);
  failure.message = text ? std::string(text, size) : "error in the error's own text";
  lua_pushlightuserdata(L, const_cast<char*>(&traceback_key));
  lua_rawget(L, LUA_REGISTRYINDEX);
  if (const char* trace = lua_tostring(L, -1)) failure.traceback = trace;
  lua_pop(L, 1);
  return failure;
}

}  // namespace

std::optional<Failure> call(lua_State* L, int args, int results) {
  const int base = lua_gettop(L) - args;
  const unsigned memory_failures = LuaState::of(L).memory_failures();
  lua_pushcfunction(L, on_error);
  lua_insert(L, base);
  const int status = lua_pcall(L, args, results, base);
  if (status == 0) {
    lua_remove(L, base);
    return std::nullopt;
  }
  Failure failure = take_failure(L, status);
  lua_settop(L, base - 1);
  // Now that the stack is unwound: the next call's frame would find what was eaten in its slots, and keep it alive.
  if (LuaState::of(L).memory_failures() != memory_failures) lua_gc(L, LUA_GCCOLLECT, 0);
  return failure;
}

bool stops_compiled_code() { return PENSTOCK_LUAJIT_CHECKHOOK != 0; }

}  // namespace penstock::script
