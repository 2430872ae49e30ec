#include "runtime/script/value_lua.h"

#include <charconv>
#include <cmath>
#include <lua.hpp>

#include "runtime/script/secrets_lua.h"

namespace penstock::script {

namespace {

// Addresses of these name entries of the registry.
const char null_address = 0;
const char functions_key = 0;
const char numbers_key = 0;
const char list_metatable_key = 0;

constexpr int type_cdata = 10;  // LuaJIT's LUA_TCDATA, which its public headers leave out
constexpr double integer_limit = 9007199254740992.0;  // 2^53: doubles beyond it skip integers

void* address(const char& key) { return const_cast<char*>(&key); }

// Pushes the registry's table under `key`, made when it is not there yet.
void push_table(lua_State* L, const char& key) {
  lua_pushlightuserdata(L, address(key));
  lua_rawget(L, LUA_REGISTRYINDEX);
  if (lua_istable(L, -1)) return;
  lua_pop(L, 1);
  lua_newtable(L);
  lua_pushlightuserdata(L, address(key));
  lua_pushvalue(L, -2);
  lua_rawset(L, LUA_REGISTRYINDEX);
}

// The number of the function at `index`; -1 when it has none.
int number_of_function(lua_State* L, int index) {
  push_table(L, numbers_key);
  lua_pushvalue(L, index);
  lua_rawget(L, -2);
  const int number = lua_isnumber(L, -1) ? static_cast<int>(lua_tointeger(L, -1)) : -1;
  lua_pop(L, 2);
  return number;
}

Status invalid(std::string text) { return Status(Code::invalid, std::move(text)); }

Value from_number(double number) {
  const bool integral = number == std::floor(number) && std::fabs(number) <= integer_limit && !(number == 0 && std::signbit(number));
  return integral ? Value(static_cast<std::int64_t>(number)) : Value(number);
}

// The FFI gives no way to look into cdata from C; tostring writes 64-bit integers as 123LL and 123ULL.
Result<Value> from_cdata(lua_State* L, int index) {
  if (!luaL_callmeta(L, index, "__tostring")) return invalid("cannot use this cdata");
  const std::string text = lua_tostring(L, -1);
  lua_pop(L, 1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (error == std::errc() && (rest == "LL" || rest == "ULL")) return Value(number);
  return invalid("cannot use the cdata " + text);
}

Result<Value> convert(lua_State* L, int index, int depth);

// Requires keys 1..count and no others.
Result<Value> convert_list(lua_State* L, int index, int count, int depth) {
  ValueList list;
  list.reserve(static_cast<std::size_t>(count));
  for (int i = 1; i <= count; ++i) {
    lua_rawgeti(L, index, i);
    Result<Value> item = convert(L, lua_gettop(L), depth + 1);
    lua_pop(L, 1);
    if (!item.ok()) return item;
    list.push_back(*std::move(item));
  }
  return Value(std::move(list));
}

Result<Value> convert_map(lua_State* L, int index, int depth) {
  ValueMap map;
  for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
    std::size_t size = 0;
    const char* key = lua_tolstring(L, -2, &size);
    Result<Value> item = convert(L, lua_gettop(L), depth + 1);
    if (!item.ok()) {
      lua_pop(L, 2);
      return item;
    }
    map.insert_or_assign(std::string(key, size), *std::move(item));
  }
  return Value(std::move(map));
}

struct Keys {
  int texts = 0;
  int integers = 0;
  int largest = 0;
  bool others = false;
};

Keys count_keys(lua_State* L, int index) {
  Keys keys;
  for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
    if (lua_type(L, -2) == LUA_TSTRING) {
      ++keys.texts;
    } else if (lua_type(L, -2) == LUA_TNUMBER && lua_tonumber(L, -2) == std::floor(lua_tonumber(L, -2)) &&
               lua_tonumber(L, -2) >= 1 && lua_tonumber(L, -2) < 1e9) {
      ++keys.integers;
      keys.largest = std::max(keys.largest, static_cast<int>(lua_tonumber(L, -2)));
    } else {
      keys.others = true;
    }
  }
  return keys;
}

Result<Value> convert_table(lua_State* L, int index, int depth) {
  if (depth >= value_depth_max) return invalid("tables nest deeper than " + std::to_string(value_depth_max));
  if (!lua_checkstack(L, 8)) return invalid("tables nest too deep");
  const Keys keys = count_keys(L, index);
  if (keys.others) return invalid("keys of a table must be text or 1, 2, 3, ...");
  if (keys.integers != 0 && keys.texts != 0) return invalid("a table is a list or a map, not both");
  if (keys.integers != keys.largest) return invalid("a list has a hole: fewer than " + std::to_string(keys.largest) + " elements are set");
  if (keys.integers != 0 || is_marked_list(L, index)) return convert_list(L, index, keys.integers, depth);
  return convert_map(L, index, depth);
}

Result<Value> convert(lua_State* L, int index, int depth) {
  switch (lua_type(L, index)) {
    case LUA_TNIL:
      return Value();
    case LUA_TBOOLEAN:
      return Value(lua_toboolean(L, index) != 0);
    case LUA_TNUMBER:
      return from_number(lua_tonumber(L, index));
    case LUA_TSTRING: {
      std::size_t size = 0;
      const char* text = lua_tolstring(L, index, &size);
      return Value(std::string(text, size));
    }
    case LUA_TTABLE:
      return convert_table(L, index, depth);
    case LUA_TFUNCTION: {
      const int number = number_of_function(L, index);
      if (number < 0) return invalid("a function cannot stand here");
      return Value(FunctionRef{number});
    }
    case type_cdata:
      return from_cdata(L, index);
    default:
      if (is_null(L, index)) return Value(JsonNull{});
      if (const Secret* secret = secret_at(L, index)) return Value(*secret);
      return invalid(std::string("a ") + luaL_typename(L, index) + " cannot stand here");
  }
}

void push_integer(lua_State* L, std::int64_t number) {
  if (std::fabs(static_cast<double>(number)) <= integer_limit) {
    lua_pushnumber(L, static_cast<double>(number));
    return;
  }
  // Only the compiler of LuaJIT makes int64 cdata without the FFI's own module.
  const std::string text = "return " + std::to_string(number) + "LL";
  if (luaL_loadstring(L, text.c_str()) != 0 || lua_pcall(L, 0, 1, 0) != 0) {
    lua_pop(L, 1);
    lua_pushnumber(L, static_cast<double>(number));
  }
}

struct Push {
  lua_State* L;

  void operator()(std::monostate) const { lua_pushnil(L); }
  void operator()(bool v) const { lua_pushboolean(L, v); }
  void operator()(std::int64_t v) const { push_integer(L, v); }
  void operator()(double v) const { lua_pushnumber(L, v); }
  void operator()(const std::string& v) const { lua_pushlstring(L, v.data(), v.size()); }
  void operator()(FunctionRef v) const { push_function(L, v); }
  void operator()(const Secret& v) const { push_secret(L, v); }
  void operator()(JsonNull) const { push_null(L); }
  void operator()(const ValueList& v) const {
    luaL_checkstack(L, 4, "a value nests too deep");
    lua_createtable(L, static_cast<int>(v.size()), 0);
    mark_list(L, -1);
    int at = 0;
    for (const Value& item : v) {
      push_value(L, item);
      lua_rawseti(L, -2, ++at);
    }
  }
  void operator()(const ValueMap& v) const {
    luaL_checkstack(L, 4, "a value nests too deep");
    lua_createtable(L, 0, static_cast<int>(v.size()));
    for (const auto& [key, item] : v) {
      lua_pushlstring(L, key.data(), key.size());
      push_value(L, item);
      lua_rawset(L, -3);
    }
  }
};

}  // namespace

void push_null(lua_State* L) { lua_pushlightuserdata(L, address(null_address)); }

bool is_null(lua_State* L, int index) {
  return lua_islightuserdata(L, index) && lua_touserdata(L, index) == address(null_address);
}

int register_function(lua_State* L, int index) {
  lua_pushvalue(L, index);
  const int function = lua_gettop(L);
  int number = number_of_function(L, function);
  if (number < 0) {
    push_table(L, functions_key);
    number = static_cast<int>(lua_objlen(L, -1));
    lua_pushvalue(L, function);
    lua_rawseti(L, -2, number + 1);
    push_table(L, numbers_key);
    lua_pushvalue(L, function);
    lua_pushinteger(L, number);
    lua_rawset(L, -3);
  }
  lua_settop(L, function - 1);
  return number;
}

void push_function(lua_State* L, FunctionRef ref) {
  push_table(L, functions_key);
  lua_rawgeti(L, -1, ref.number + 1);
  lua_remove(L, -2);
}

bool is_marked_list(lua_State* L, int index) {
  if (!lua_getmetatable(L, index)) return false;
  push_table(L, list_metatable_key);
  const bool same = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return same;
}

void mark_list(lua_State* L, int index) {
  lua_pushvalue(L, index);
  push_table(L, list_metatable_key);
  lua_setmetatable(L, -2);
  lua_pop(L, 1);
}

Result<Value> to_value(lua_State* L, int index) {
  const int absolute = index > 0 ? index : lua_gettop(L) + index + 1;
  const int top = lua_gettop(L);
  Result<Value> value = convert(L, absolute, 0);
  lua_settop(L, top);
  return value;
}

void push_value(lua_State* L, const Value& value) { std::visit(Push{L}, value.variant()); }

}  // namespace penstock::script
