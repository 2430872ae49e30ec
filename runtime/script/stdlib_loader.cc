#include "runtime/script/stdlib_loader.h"

#include <lua.hpp>
#include <string>

#include "runtime/script/lua_state.h"
#include "runtime/script/stdlib_module.h"

namespace penstock::script {

namespace {

// Addresses of these name entries of the registry.
const char environment_key = 0;
const char loaded_key = 0;
const char native_key = 0;

void set_registry(lua_State* L, const char& key) {
  lua_pushlightuserdata(L, const_cast<char*>(&key));
  lua_insert(L, -2);
  lua_rawset(L, LUA_REGISTRYINDEX);
}

void push_registry(lua_State* L, const char& key) {
  lua_pushlightuserdata(L, const_cast<char*>(&key));
  lua_rawget(L, LUA_REGISTRYINDEX);
}

const StdlibModule* find_module(std::string_view name) {
  for (std::size_t i = 0; i < stdlib_module_count; ++i)
    if (stdlib_modules[i].name == name) return &stdlib_modules[i];
  return nullptr;
}

void run_module(lua_State* L, const StdlibModule& module) {
  lua_pushfstring(L, "%s%s]", stdlib_chunk_prefix, module.name.data() + std::string_view("penstock").size());
  if (luaL_loadbufferx(L, module.text.data(), module.text.size(), lua_tostring(L, -1), "t") != 0) lua_error(L);
  lua_remove(L, -2);
  push_registry(L, environment_key);
  lua_setfenv(L, -2);
  lua_call(L, 0, 1);
}

// The modules' `require`: embedded modules first, then LuaJIT's own (ffi, table.new).
int require_module(lua_State* L) {
  std::size_t size = 0;
  const char* name = luaL_checklstring(L, 1, &size);
  if (find_module({name, size}) || std::string_view(name, size) == "penstock.native") {
    push_stdlib_module(L, {name, size});
    return 1;
  }
  lua_getglobal(L, "require");
  lua_pushvalue(L, 1);
  lua_call(L, 1, 1);
  return 1;
}

}  // namespace

void open_stdlib(lua_State* L) {
  lua_newtable(L);
  lua_pushcfunction(L, require_module);
  lua_setfield(L, -2, "require");
  lua_newtable(L);
  lua_pushvalue(L, LUA_GLOBALSINDEX);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
  set_registry(L, environment_key);

  lua_newtable(L);
  set_registry(L, native_key);
  lua_newtable(L);
  push_native(L);
  lua_setfield(L, -2, "penstock.native");
  set_registry(L, loaded_key);
}

void push_stdlib_module(lua_State* L, std::string_view name) {
  luaL_checkstack(L, 8, "modules nest too deep");
  push_registry(L, loaded_key);
  lua_pushlstring(L, name.data(), name.size());
  lua_rawget(L, -2);
  if (!lua_isnil(L, -1)) {
    lua_remove(L, -2);
    return;
  }
  lua_pop(L, 1);
  lua_pushlstring(L, name.data(), name.size());
  const StdlibModule* module = find_module(name);
  if (!module) luaL_error(L, "no embedded module '%s'", lua_tostring(L, -1));
  run_module(L, *module);
  lua_pushvalue(L, -2);
  lua_pushvalue(L, -2);
  lua_rawset(L, -5);
  lua_replace(L, -3);
  lua_pop(L, 1);
}

void push_native(lua_State* L) { push_registry(L, native_key); }

}  // namespace penstock::script
