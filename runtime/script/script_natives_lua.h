// The functions that the embedded modules call for what Lua cannot do: `require "penstock.native"`.
#pragma once

struct lua_State;

namespace penstock::script {

struct ScriptOptions;

// Adds them to the native table of `L`. `options` must outlive the state.
void add_script_natives(lua_State* L, const ScriptOptions& options);

}  // namespace penstock::script
