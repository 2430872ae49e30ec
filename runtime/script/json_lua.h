// JSON text to Lua values and back, for what a transform takes out of an event or puts into it as a table.
#pragma once

struct lua_State;

namespace penstock::script {

// Tables may nest this deep in `encode`; JSON text may nest json::depth_max deep.
inline constexpr int encode_depth_max = 128;

// Lua: decode(text) -> value. Objects and arrays become tables (arrays marked, so that an empty one stays an array), null
// p.null, integers beyond 2^53 int64 or uint64, other numbers that a double cannot hold their text. Of duplicate names the
// first counts. Raises on text that is no JSON.
int decode_json(lua_State* L);

// Lua: encode(value) -> text. A table with keys 1..n is an array, any other an object (names sorted, so that equal tables
// give equal text). Raises on functions, NaN and infinities, other keys, cycles (by depth), with the script's line.
int encode_json(lua_State* L);

}  // namespace penstock::script
