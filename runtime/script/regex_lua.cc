#include "runtime/script/regex_lua.h"

#include <re2/re2.h>

#include <algorithm>
#include <lua.hpp>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "runtime/filter/regex.h"

namespace penstock::script {

namespace {

using Pattern = std::shared_ptr<const re2::RE2>;

const char* const metatable_name = "penstock.regex";

const re2::RE2& pattern_at(lua_State* L, int index) {
  return **static_cast<Pattern*>(luaL_checkudata(L, index, metatable_name));
}

re2::StringPiece text_at(lua_State* L, int index) {
  std::size_t size = 0;
  const char* text = luaL_checklstring(L, index, &size);
  return re2::StringPiece(text, size);
}

void push_piece(lua_State* L, const re2::StringPiece& piece) {
  if (piece.data())
    lua_pushlstring(L, piece.data(), piece.size());
  else
    lua_pushnil(L);
}

int match(lua_State* L) {
  const re2::RE2& re = pattern_at(L, 1);
  const re2::StringPiece text = text_at(L, 2);
  const int count = re.NumberOfCapturingGroups() + 1;
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(count));
  if (!re.Match(text, 0, text.size(), re2::RE2::UNANCHORED, groups.data(), count)) return 0;
  lua_createtable(L, count, static_cast<int>(re.NamedCapturingGroups().size()));
  for (int i = 0; i < count; ++i) {
    push_piece(L, groups[static_cast<std::size_t>(i)]);
    lua_rawseti(L, -2, i);
  }
  for (const auto& [name, number] : re.NamedCapturingGroups()) {
    lua_pushlstring(L, name.data(), name.size());
    push_piece(L, groups[static_cast<std::size_t>(number)]);
    lua_rawset(L, -3);
  }
  return 1;
}

int find(lua_State* L) {
  const re2::RE2& re = pattern_at(L, 1);
  const re2::StringPiece text = text_at(L, 2);
  const lua_Integer init = luaL_optinteger(L, 3, 1);
  const lua_Integer size = static_cast<lua_Integer>(text.size());
  const lua_Integer from = init > 0 ? init - 1 : init < 0 ? std::max<lua_Integer>(size + init, 0) : 0;
  if (from > size) return 0;
  re2::StringPiece whole;
  if (!re.Match(text, static_cast<std::size_t>(from), text.size(), re2::RE2::UNANCHORED, &whole, 1)) return 0;
  const lua_Integer begin = whole.data() - text.data();
  lua_pushinteger(L, begin + 1);
  lua_pushinteger(L, begin + static_cast<lua_Integer>(whole.size()));
  return 2;
}

int replace(lua_State* L) {
  const re2::RE2& re = pattern_at(L, 1);
  const re2::StringPiece text = text_at(L, 2);
  const re2::StringPiece with = text_at(L, 3);
  std::string result(text.data(), text.size());
  std::string wrong;
  if (!re.CheckRewriteString(with, &wrong)) {
    lua_pushlstring(L, wrong.data(), wrong.size());
    return luaL_argerror(L, 3, lua_tostring(L, -1));
  }
  const int count = re2::RE2::GlobalReplace(&result, re, with);
  lua_pushlstring(L, result.data(), result.size());
  lua_pushinteger(L, count);
  return 2;
}

int to_string(lua_State* L) {
  lua_pushfstring(L, "p.re \"%s\"", pattern_at(L, 1).pattern().c_str());
  return 1;
}

int collect(lua_State* L) {
  static_cast<Pattern*>(lua_touserdata(L, 1))->~Pattern();
  return 0;
}

// A userdata that owns nothing yet: from here on Lua owns what is put into it.
Pattern& push_pattern(lua_State* L) {
  void* place = lua_newuserdata(L, sizeof(Pattern));
  Pattern* pattern = new (place) Pattern();
  luaL_getmetatable(L, metatable_name);
  lua_setmetatable(L, -2);
  return *pattern;
}

int regex(lua_State* L) {
  std::size_t size = 0;
  const char* text = luaL_checklstring(L, 1, &size);
  Pattern& pattern = push_pattern(L);
  Result<Pattern> compiled = compile_regex({text, size});
  if (compiled.ok()) {
    pattern = *std::move(compiled);
    return 1;
  }
  lua_pushnil(L);
  lua_pushlstring(L, compiled.status().text().data(), compiled.status().text().size());
  return 2;
}

// is_regex(v) -> boolean.
int is_regex(lua_State* L) {
  bool same = false;
  if (lua_isuserdata(L, 1) && lua_getmetatable(L, 1)) {
    luaL_getmetatable(L, metatable_name);
    same = lua_rawequal(L, -1, -2) != 0;
  }
  lua_pushboolean(L, same);
  return 1;
}

const luaL_Reg methods[] = {{"match", match}, {"find", find}, {"replace", replace}, {nullptr, nullptr}};

}  // namespace

void add_regex(lua_State* L) {
  luaL_newmetatable(L, metatable_name);
  lua_newtable(L);
  luaL_register(L, nullptr, methods);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, to_string);
  lua_setfield(L, -2, "__tostring");
  lua_pushcfunction(L, collect);
  lua_setfield(L, -2, "__gc");
  lua_pushliteral(L, "regex");
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
  lua_pushcfunction(L, regex);
  lua_setfield(L, -2, "regex");
  lua_pushcfunction(L, is_regex);
  lua_setfield(L, -2, "is_regex");
}

}  // namespace penstock::script
