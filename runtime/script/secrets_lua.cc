#include "runtime/script/secrets_lua.h"

#include <lua.hpp>
#include <new>

namespace penstock::script {

namespace {

const char* const metatable_name = "penstock.secret";

int collect(lua_State* L) {
  static_cast<Secret*>(lua_touserdata(L, 1))->~Secret();
  return 0;
}

int to_string(lua_State* L) {
  lua_pushliteral(L, "[secret]");
  return 1;
}

}  // namespace

void register_secrets(lua_State* L) {
  luaL_newmetatable(L, metatable_name);
  lua_pushcfunction(L, collect);
  lua_setfield(L, -2, "__gc");
  lua_pushcfunction(L, to_string);
  lua_setfield(L, -2, "__tostring");
  lua_pushliteral(L, "secret");
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
}

void push_secret(lua_State* L, Secret secret) {
  void* place = lua_newuserdata(L, sizeof(Secret));
  new (place) Secret(std::move(secret));
  luaL_getmetatable(L, metatable_name);
  lua_setmetatable(L, -2);
}

const Secret* secret_at(lua_State* L, int index) {
  void* data = lua_touserdata(L, index);
  if (!data || !lua_getmetatable(L, index)) return nullptr;
  luaL_getmetatable(L, metatable_name);
  const bool same = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return same ? static_cast<const Secret*>(data) : nullptr;
}

}  // namespace penstock::script
