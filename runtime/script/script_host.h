// Runs a script for what it declares, and keeps its Lua state for the functions that it gave.
#pragma once
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "runtime/plan/declaration.h"
#include "runtime/script/lua_state.h"
#include "runtime/script/script_files.h"

namespace penstock::script {

struct ScriptOptions {
  std::string path;   // of the script file; empty: `text` is the script, named "(command line)", with `p` predefined
  std::string text;
  std::map<std::string, std::string> params;  // --set KEY=VALUE, for p.param
  bool unsafe = false;
  bool silent = false;  // print says nothing
  std::size_t memory_bytes = LuaState::default_memory_bytes;
  std::chrono::milliseconds declare_time{10'000};  // the bound of declare()
  std::shared_ptr<ScriptFiles> files;  // shared by all states that run it; null: the state reads for itself
};

class FunctionWatch;

// One script in one Lua state. Belongs to one thread. Every worker makes its own from the same options.
class Script {
 public:
  // Opens the state; reads and runs nothing yet.
  explicit Script(ScriptOptions options);
  ~Script();

  // Runs the script, at the first call only. Never fails: what is wrong with the script (an unreadable file, syntax, errors
  // while it ran, options) stands in `mistakes`, ordered by place, and `pipelines` may then be incomplete.
  Declaration& declare();

  LuaState& state() { return *state_; }
  lua_State* lua() { return state_->get(); }

  // Pushes a function that the script declared. Requires declare() without mistakes.
  void push_function(FunctionRef ref);
  // Where that function begins in the script.
  Where function_place(FunctionRef ref);

  // The text of `file` (a name as in messages) as the script was made of it; empty when it is none of its files.
  std::string text_of(const std::string& file) const;

  // What watches the functions of the stages that are opened from now on; null: nothing.
  FunctionWatch* watch() const { return watch_; }
  void set_watch(FunctionWatch* watch) { watch_ = watch; }

 private:
  void run();
  bool load();
  void fail(const Failure& failure);

  ScriptOptions options_;
  std::string name_;    // in messages: the path, or (command line)
  std::unique_ptr<LuaState> state_;
  Declaration declaration_;
  bool declared_ = false;
  bool opened_ = false;
  FunctionWatch* watch_ = nullptr;
};

// The reference of everything that a script can name, made from the option schemas: scripts/stdlib/REFERENCE.md.
std::string reference_markdown();
// Definitions for the Lua language server: scripts/stdlib/penstock/_meta/penstock.lua.
std::string lua_meta();

}  // namespace penstock::script
