// What a script sees: Lua's safe libraries, `penstock`, and the modules beside it.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/status.h"
#include "runtime/script/lua_state.h"
#include "runtime/script/script_files.h"

namespace penstock::script {

struct SandboxOptions {
  std::string folder = ".";  // of the script: `require` looks here and below, nowhere else
  bool unsafe = false;       // all of LuaJIT's libraries: io, os, ffi, debug, package
  bool silent = false;       // print says nothing
  ScriptFiles* files = nullptr;  // where modules are read, null: nowhere but on the disk; outlives the state
};

// A script or module may have this many bytes.
inline constexpr std::size_t script_bytes_max = std::size_t{16} << 20;

// Makes the script's environment in `state`, whose stdlib is open (open_stdlib). Without `unsafe` there is:
// - the base library without dofile, loadfile, getfenv, setfenv, newproxy; load and loadstring refuse bytecode, and what
//   they load sees the same environment; collectgarbage knows "count" and "collect";
// - bit, coroutine, math, table, string (without dump; rep bounded by the memory bound, patterns by
//   a number of steps, see lua_pattern_lua.h), os.clock, os.date, os.difftime, os.time;
// - print, which writes to stderr, because events go to stdout;
// - require: `penstock`, `bit`, `table.new`, `table.clear`, and NAME.lua or NAME/init.lua in the script's folder or below;
//   a link or a `..` that leads out of the folder is refused.
std::optional<Failure> open_sandbox(LuaState& state, const SandboxOptions& options);

// Compiles Lua source and leaves it as a function with the script's environment on the stack. `chunk_name` as Lua wants
// it: "@edge.lua", "=(command line)". Requires open_sandbox.
std::optional<Failure> load_script(LuaState& state, std::string_view text, const std::string& chunk_name);

// Pushes the table of the script's globals. Requires open_sandbox.
void push_environment(lua_State* L);

// Reads a file of Lua source. Failures name the path.
Result<std::string> read_script_file(const std::string& path);

}  // namespace penstock::script
