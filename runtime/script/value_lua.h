// Plain data over the border: Lua values to Value and back.
#pragma once
#include "runtime/base/status.h"
#include "runtime/base/value.h"

struct lua_State;

namespace penstock::script {

// Tables may nest this deep.
inline constexpr int value_depth_max = 64;

// Pushes p.null: the one light userdata that stands for JSON's null.
void push_null(lua_State* L);
bool is_null(lua_State* L, int index);

// Numbers the script's functions in the order in which they are first registered: what a FunctionRef names.
// Returns the number of the function at `index`.
int register_function(lua_State* L, int index);
// Pushes function `ref`. Requires a number that register_function gave in a state that ran the same script.
void push_function(lua_State* L, FunctionRef ref);

// Marks the table at `index` as a list, which tells an empty list from an empty map.
void mark_list(lua_State* L, int index);
bool is_marked_list(lua_State* L, int index);

// The value at `index`. A table with keys 1..n is a list (an empty one only when marked), one with text keys a map; a
// number that is integral, and an int64 or uint64 of the FFI within int64, become integers. Fails (invalid) for a hole in
// a list, mixed or other keys, tables deeper than value_depth_max, functions that nobody registered, other userdata.
// May raise a Lua error when memory runs out: call it protected.
Result<Value> to_value(lua_State* L, int index);

// Pushes `value`: nil, booleans, numbers (integers beyond 2^53 as int64 cdata), strings, tables, functions, p.null, secrets.
void push_value(lua_State* L, const Value& value);

}  // namespace penstock::script
