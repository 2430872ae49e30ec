// Opens the embedded Lua modules. They run in an environment of their own, with all of LuaJIT's libraries, which scripts
// cannot reach: modules keep what is dangerous in upvalues and hand out functions only.
#pragma once
#include <string_view>

struct lua_State;

namespace penstock::script {

// Makes the modules' environment. Once per state, before the other functions here.
void open_stdlib(lua_State* L);

// Pushes the module `name` (`penstock.check`), run at the first call in this state. Raises a Lua error when there is no
// such module or it fails: call it protected.
void push_stdlib_module(lua_State* L, std::string_view name);

// Pushes the table that modules get as `require "penstock.native"`: where C++ puts the functions that they call.
void push_native(lua_State* L);

}  // namespace penstock::script
