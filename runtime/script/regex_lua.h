// p.re: RE2 patterns for scripts. Time is linear in the text, so a pattern cannot run away as Lua's own can.
#pragma once

struct lua_State;

namespace penstock::script {

// Adds `regex` to the table on top of the stack: regex(pattern) -> object, or nil and what is wrong with the pattern.
// Methods of the object, all on byte strings:
//   re:match(s)          table of the groups (0 the whole match, 1.. by number, and by name; a group that took no part is
//                        nil), or nil
//   re:find(s [, init])  first and last position of the first match from init on; nil
//   re:replace(s, with)  s with every match replaced, and how many; in `with`, \0 to \9 are groups and \\ is a backslash
void add_regex(lua_State* L);

}  // namespace penstock::script
