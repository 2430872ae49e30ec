// string.find, match, gmatch and gsub of a script, within bounds.
#pragma once

struct lua_State;

namespace penstock::script {

// Replaces the four functions in the global `string` table (and so for methods of strings) by ones that do the same, with
// the same error messages, and end with the error `pattern too complex (step limit reached)` at the caller's line when a
// call needs more than PatternBudget::for_subject (gmatch: when one round of the loop does). Requires an open string library.
// One difference: an init beyond 2^31 lies behind the subject's end instead of wrapping around.
void replace_string_patterns(lua_State* L);

}  // namespace penstock::script
