#include "runtime/script/script_natives_lua.h"

#include <cstdlib>
#include <lua.hpp>

#include "runtime/filter/from_data.h"
#include "runtime/script/regex_lua.h"
#include "runtime/script/script_host.h"
#include "runtime/script/secrets.h"
#include "runtime/script/secrets_lua.h"
#include "runtime/script/stdlib_loader.h"
#include "runtime/script/value_lua.h"

namespace penstock::script {

namespace {

// Upvalue 1 of every function here: the script's options.
const ScriptOptions& options_of(lua_State* L) {
  return *static_cast<const ScriptOptions*>(lua_touserdata(L, lua_upvalueindex(1)));
}

void push_string(lua_State* L, const std::string& text) { lua_pushlstring(L, text.data(), text.size()); }

// place() -> file, line of the script line that is running; nothing when no script runs.
int place(lua_State* L) {
  const Where where = running_place(L, 1);
  if (where.line == 0) return 0;
  push_string(L, where.file);
  lua_pushinteger(L, where.line);
  return 2;
}

// function_place(f) -> file, line.
int function_place(lua_State* L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_Debug info;
  lua_settop(L, 1);
  lua_getinfo(L, ">S", &info);
  lua_pushstring(L, info.source[0] == '@' || info.source[0] == '=' ? info.source + 1 : info.short_src);
  lua_pushinteger(L, info.linedefined);
  return 2;
}

// register_function(f) -> its number.
int register_function_lua(lua_State* L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_pushinteger(L, register_function(L, 1));
  return 1;
}

// list(t) -> t, marked as a list.
int list(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  mark_list(L, 1);
  lua_settop(L, 1);
  return 1;
}

// param(name) -> text of --set NAME=text, or nil.
int param(lua_State* L) {
  const char* name = luaL_checkstring(L, 1);
  const auto& params = options_of(L).params;
  const auto found = params.find(name);
  if (found == params.end()) return 0;
  push_string(L, found->second);
  return 1;
}

// params() -> list of the names given with --set.
int params(lua_State* L) {
  lua_newtable(L);
  int at = 0;
  for (const auto& [name, value] : options_of(L).params) {
    push_string(L, name);
    lua_rawseti(L, -2, ++at);
  }
  return 1;
}

// env(name) -> the variable's text, or nil.
int env(lua_State* L) {
  const char* text = std::getenv(luaL_checkstring(L, 1));
  if (!text) return 0;
  lua_pushstring(L, text);
  return 1;
}

// secret(reference) -> a secret; or nil, message.
int secret(lua_State* L) {
  std::size_t size = 0;
  const char* reference = luaL_checklstring(L, 1, &size);
  Result<Secret> found = read_secret({reference, size});
  if (found.ok()) {
    push_secret(L, *std::move(found));
    return 1;
  }
  lua_pushnil(L);
  push_string(L, found.status().text());
  return 2;
}

// empty_secret() -> what stands for a secret that could not be read, so that the script goes on to its other mistakes.
int empty_secret(lua_State* L) {
  push_secret(L, Secret());
  return 1;
}

// is_secret(v) -> boolean.
int is_secret(lua_State* L) {
  lua_pushboolean(L, secret_at(L, 1) != nullptr);
  return 1;
}

// check_value(v) -> nothing when the host can take it; else what is wrong.
int check_value(lua_State* L) {
  const Result<Value> value = to_value(L, 1);
  if (value.ok()) return 0;
  push_string(L, value.status().text());
  return 1;
}

// check_filter(text or table) -> nothing when right; else what is wrong, each mistake a result, a caret under the column on
// lines of its own.
int check_filter(lua_State* L) {
  const Result<Value> value = to_value(L, 1);
  if (!value.ok()) {
    push_string(L, value.status().text());
    return 1;
  }
  const std::vector<Status> mistakes = filter::mistakes_in(value.value());
  luaL_checkstack(L, static_cast<int>(mistakes.size()), "mistakes in one filter");
  for (const Status& mistake : mistakes) push_string(L, mistake.text());
  return static_cast<int>(mistakes.size());
}

int null_to_string(lua_State* L) {
  lua_pushliteral(L, "null");
  return 1;
}

// p.null prints as null. All light userdata share one metatable; nothing else here is light userdata.
void add_null(lua_State* L) {
  push_null(L);
  lua_newtable(L);
  lua_pushcfunction(L, null_to_string);
  lua_setfield(L, -2, "__tostring");
  lua_pushliteral(L, "null");
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
  lua_setfield(L, -2, "null");
}

const luaL_Reg functions[] = {
    {"place", place},
    {"function_place", function_place},
    {"register_function", register_function_lua},
    {"list", list},
    {"param", param},
    {"params", params},
    {"env", env},
    {"secret", secret},
    {"empty_secret", empty_secret},
    {"is_secret", is_secret},
    {"check_value", check_value},
    {"check_filter", check_filter},
};

}  // namespace

void add_script_natives(lua_State* L, const ScriptOptions& options) {
  register_secrets(L);
  push_native(L);
  for (const luaL_Reg& f : functions) {
    lua_pushlightuserdata(L, const_cast<ScriptOptions*>(&options));
    lua_pushcclosure(L, f.func, 1);
    lua_setfield(L, -2, f.name);
  }
  add_null(L);
  add_regex(L);
  lua_pop(L, 1);
}

}  // namespace penstock::script
