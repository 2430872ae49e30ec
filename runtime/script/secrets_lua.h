// Secrets as a script holds them: a userdata that prints as [secret] and gives its text to C++ only.
#pragma once
#include <string>

#include "runtime/base/value.h"

struct lua_State;

namespace penstock::script {

// Makes the metatable of secrets in this state. Once, before the other functions here.
void register_secrets(lua_State* L);

// Pushes a userdata that owns `secret`.
void push_secret(lua_State* L, Secret secret);

// The secret at `index`, or null when something else stands there. Owned by Lua.
const Secret* secret_at(lua_State* L, int index);

}  // namespace penstock::script
