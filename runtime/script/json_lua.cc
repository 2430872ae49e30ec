#include "runtime/script/json_lua.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <lua.hpp>
#include <vector>

#include "runtime/event/json_text.h"
#include "runtime/script/json_number.h"
#include "runtime/script/lua_state.h"
#include "runtime/script/value_lua.h"

namespace penstock::script {

namespace {

constexpr int type_cdata = 10;  // LuaJIT's LUA_TCDATA, which its public headers leave out

// Lua errors unwind through the functions below, so what they need to free lives outside of them, for each thread.
thread_local Arena scratch_arena;
thread_local Buffer scratch;

void push_integer(lua_State* L, ByteView text, const char* suffix) {
  // Only LuaJIT's compiler makes 64-bit integers from C.
  lua_pushliteral(L, "return ");
  lua_pushlstring(L, text.data(), text.size());
  lua_pushstring(L, suffix);
  lua_concat(L, 3);
  if (luaL_loadstring(L, lua_tostring(L, -1)) != 0) lua_error(L);
  lua_call(L, 0, 1);
  lua_remove(L, -2);
}

void push_number(lua_State* L, ByteView text) {
  const Number number = read_number(text);
  switch (number.kind) {
    case NumberKind::real:
      return lua_pushnumber(L, number.real);
    case NumberKind::int64:
      return push_integer(L, text, "LL");
    case NumberKind::uint64:
      return push_integer(L, text, "ULL");
    case NumberKind::text:
      lua_pushlstring(L, text.data(), text.size());
  }
}

void push_json(lua_State* L, const Slice& value);

void push_string(lua_State* L, const Slice& value) {
  const ByteView text = json::string_value(value, scratch_arena);
  lua_pushlstring(L, text.data(), text.size());
}

void push_object(lua_State* L, ByteView text) {
  lua_newtable(L);
  json::for_each_member(text, [L](const Slice& key, const Slice& value) {
    push_string(L, key);
    lua_pushvalue(L, -1);
    lua_rawget(L, -3);
    const bool repeated = !lua_isnil(L, -1);
    lua_pop(L, 1);
    if (repeated) return lua_pop(L, 1);
    push_json(L, value);
    lua_rawset(L, -3);
  });
}

void push_array(lua_State* L, ByteView text) {
  lua_newtable(L);
  int count = 0;
  json::for_each_element(text, [L, &count](const Slice& value) {
    push_json(L, value);
    lua_rawseti(L, -2, ++count);
  });
  mark_list(L, lua_gettop(L));
}

void push_json(lua_State* L, const Slice& value) {
  luaL_checkstack(L, 8, "JSON nests too deep");
  switch (value.kind) {
    case Kind::unset:
    case Kind::missing:
      return lua_pushnil(L);
    case Kind::null:
      return push_null(L);
    case Kind::boolean_false:
    case Kind::boolean_true:
      return lua_pushboolean(L, value.kind == Kind::boolean_true);
    case Kind::number:
      return push_number(L, value.view());
    case Kind::string:
    case Kind::string_escaped:
    case Kind::text:
      return push_string(L, value);
    case Kind::object:
      return push_object(L, value.view());
    case Kind::array:
      return push_array(L, value.view());
  }
}

void encode(lua_State* L, int index, int depth);

// luaL_error with the line of the script, not of the embedded module that called.
template <class... Arguments>
[[noreturn]] void raise(lua_State* L, const char* format, Arguments... arguments) {
  lua_pushfstring(L, format, arguments...);
  raise_at_place(L);
  std::abort();  // not reached
}

// The keys of an object, as text, sorted: on the stack as a list, so that an error frees them.
void push_sorted_keys(lua_State* L, int table) {
  lua_newtable(L);
  const int keys = lua_gettop(L);
  int count = 0;
  lua_pushnil(L);
  while (lua_next(L, table)) {
    lua_pop(L, 1);
    if (lua_type(L, -1) != LUA_TSTRING)
      raise(L, "a table that is no list must have text as keys, got a %s (a list with holes?)", luaL_typename(L, -1));
    lua_pushvalue(L, -1);
    lua_rawseti(L, keys, ++count);
  }
  lua_getglobal(L, "table");
  lua_getfield(L, -1, "sort");
  lua_remove(L, -2);
  lua_pushvalue(L, keys);
  lua_call(L, 1, 0);
}

void encode_object(lua_State* L, int table, int depth) {
  push_sorted_keys(L, table);
  const int keys = lua_gettop(L);
  const auto count = static_cast<int>(lua_objlen(L, keys));
  scratch.append('{');
  for (int i = 1; i <= count; ++i) {
    if (i > 1) scratch.append(',');
    lua_rawgeti(L, keys, i);
    lua_pushvalue(L, -1);
    std::size_t size;
    const char* name = lua_tolstring(L, -1, &size);
    json::append_quoted(scratch, {name, size});
    scratch.append(':');
    lua_pop(L, 1);
    lua_rawget(L, table);
    encode(L, lua_gettop(L), depth + 1);
    lua_pop(L, 1);
  }
  scratch.append('}');
  lua_pop(L, 1);
}

// Whether keys are 1..n and nothing else; a marked table without keys is an array too.
bool is_array(lua_State* L, int table, std::size_t& count) {
  count = lua_objlen(L, table);
  std::size_t keys = 0;
  lua_pushnil(L);
  while (lua_next(L, table)) {
    lua_pop(L, 1);
    ++keys;
  }
  if (keys != count) return false;
  return count != 0 || is_marked_list(L, table);
}

void encode_table(lua_State* L, int table, int depth) {
  if (depth > encode_depth_max) raise(L, "a table nests deeper than %d (does it hold itself?)", encode_depth_max);
  luaL_checkstack(L, 12, "a table nests too deep");
  std::size_t count;
  if (!is_array(L, table, count)) return encode_object(L, table, depth);
  scratch.append('[');
  for (std::size_t i = 1; i <= count; ++i) {
    if (i > 1) scratch.append(',');
    lua_rawgeti(L, table, static_cast<int>(i));
    encode(L, lua_gettop(L), depth + 1);
    lua_pop(L, 1);
  }
  scratch.append(']');
}

void encode_number(lua_State* L, double number) {
  if (!std::isfinite(number)) raise(L, "JSON has no number %f", number);
  scratch.add_size(write_number(number, scratch.room(number_text_max)));
}

// The FFI gives no way to look into cdata from C; tostring writes 64-bit integers as 123LL and 123ULL.
void encode_cdata(lua_State* L, int index) {
  if (!luaL_callmeta(L, index, "__tostring")) raise(L, "cannot use this cdata");
  std::size_t size;
  const char* text = lua_tolstring(L, -1, &size);
  const ByteView digits(text, ByteView(text, size).find_last_of("-0123456789") + 1);
  if (!json::valid_number(digits)) raise(L, "cannot use the cdata %s", text);
  scratch.append(digits);
  lua_pop(L, 1);
}

// An event's objects show their JSON text as tostring; other userdata cannot be stored.
void encode_proxy(lua_State* L, int index) {
  const bool proxy = luaL_getmetafield(L, index, "__metatable") && lua_isstring(L, -1) && ByteView(lua_tostring(L, -1)).starts_with("penstock.");
  if (!proxy || !luaL_callmeta(L, index, "__tostring")) raise(L, "a userdata cannot be stored in an event");
  std::size_t size;
  const char* text = lua_tolstring(L, -1, &size);
  if (!json::valid({text, size})) raise(L, "the event that was to be stored is not valid JSON");
  scratch.append(ByteView(text, size));
  lua_pop(L, 2);
}

void encode(lua_State* L, int index, int depth) {
  switch (lua_type(L, index)) {
    case LUA_TBOOLEAN:
      return scratch.append(lua_toboolean(L, index) ? ByteView("true") : ByteView("false"));
    case LUA_TNUMBER:
      return encode_number(L, lua_tonumber(L, index));
    case LUA_TSTRING: {
      std::size_t size;
      const char* text = lua_tolstring(L, index, &size);
      return json::append_quoted(scratch, {text, size});
    }
    case LUA_TTABLE:
      return encode_table(L, index, depth);
    case type_cdata:
      return encode_cdata(L, index);
    case LUA_TUSERDATA:
      return encode_proxy(L, index);
    default:
      if (is_null(L, index)) return scratch.append("null");
      raise(L, "a %s cannot be stored in an event", luaL_typename(L, index));
  }
}

}  // namespace

int decode_json(lua_State* L) {
  std::size_t size;
  const char* text = luaL_checklstring(L, 1, &size);
  scratch_arena.reset();
  const Slice value = json::classify({text, size});
  if (!value.present()) return luaL_error(L, "not a JSON text");
  push_json(L, value);
  return 1;
}

int encode_json(lua_State* L) {
  luaL_checkany(L, 1);
  scratch.clear();
  encode(L, 1, 0);
  lua_pushlstring(L, scratch.data(), scratch.size());
  return 1;
}

}  // namespace penstock::script
