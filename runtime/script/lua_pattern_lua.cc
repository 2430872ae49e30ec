// Every object here is trivially destructible: Lua errors leave these functions without running destructors.
#include "runtime/script/lua_pattern_lua.h"

#include <string.h>

#include <algorithm>
#include <lua.hpp>

#include "runtime/script/lua_pattern.h"

namespace penstock::script {

namespace {

using Kind = PatternCapture::Kind;

ByteView check_bytes(lua_State* L, int argument) {
  std::size_t size = 0;
  const char* const data = luaL_checklstring(L, argument, &size);
  return {data, size};
}

// Raises what ended the matching, blaming the caller's line.
void raise_failure(lua_State* L, const PatternMatcher& matcher) {
  if (matcher.error()) luaL_error(L, "%s", matcher.error());
}

// Pushes capture `number` (from 0); without captures in the pattern, 0 is the whole match.
void push_capture(lua_State* L, ByteView subject, const PatternMatch& match, std::size_t number) {
  if (number >= match.capture_count) {
    if (number != 0) luaL_error(L, "invalid capture index");
    lua_pushlstring(L, subject.data() + match.begin, match.end - match.begin);
    return;
  }
  const PatternCapture& capture = match.captures[number];
  if (capture.kind == Kind::open) luaL_error(L, "unfinished capture");
  if (capture.kind == Kind::position)
    lua_pushinteger(L, static_cast<lua_Integer>(capture.begin + 1));
  else
    lua_pushlstring(L, subject.data() + capture.begin, capture.size);
}

int push_captures(lua_State* L, ByteView subject, const PatternMatch& match, std::size_t count) {
  luaL_checkstack(L, static_cast<int>(count), "too many captures");
  for (std::size_t i = 0; i < count; ++i) push_capture(L, subject, match, i);
  return static_cast<int>(count);
}

// Argument 3: where to start, counted from 1, from the end when negative; as an offset within the subject.
std::size_t check_init(lua_State* L, std::size_t size) {
  const lua_Integer init = luaL_optinteger(L, 3, 1);
  const auto length = static_cast<lua_Integer>(size);
  const lua_Integer offset = init < 0 ? init + length : init - 1;
  return static_cast<std::size_t>(std::clamp<lua_Integer>(offset, 0, length));
}

// LuaJIT's list: a pattern without these is searched for as it is, zero bytes included.
bool is_plain(ByteView pattern) { return pattern.find_first_of("^$*+?.([%-") == ByteView::npos; }

int push_range(lua_State* L, std::size_t begin, std::size_t end) {
  lua_pushinteger(L, static_cast<lua_Integer>(begin + 1));
  lua_pushinteger(L, static_cast<lua_Integer>(end));
  return 2;
}

int string_find(lua_State* L) {
  const ByteView subject = check_bytes(L, 1);
  const ByteView pattern = check_bytes(L, 2);
  const std::size_t init = check_init(L, subject.size());
  if (lua_toboolean(L, 4) || is_plain(pattern)) {
    const void* const found = ::memmem(subject.data() + init, subject.size() - init, pattern.data(), pattern.size());
    if (found) {
      const auto begin = static_cast<std::size_t>(static_cast<const char*>(found) - subject.data());
      return push_range(L, begin, begin + pattern.size());
    }
    lua_pushnil(L);
    return 1;
  }
  PatternBudget budget = PatternBudget::for_subject(subject.size());
  PatternMatcher matcher(subject, pattern, budget);
  if (matcher.search(init)) {
    push_range(L, matcher.match().begin, matcher.match().end);
    return 2 + push_captures(L, subject, matcher.match(), matcher.match().capture_count);
  }
  raise_failure(L, matcher);
  lua_pushnil(L);
  return 1;
}

int string_match(lua_State* L) {
  const ByteView subject = check_bytes(L, 1);
  const ByteView pattern = check_bytes(L, 2);
  const std::size_t init = check_init(L, subject.size());
  PatternBudget budget = PatternBudget::for_subject(subject.size());
  PatternMatcher matcher(subject, pattern, budget);
  if (matcher.search(init)) return push_captures(L, subject, matcher.match(), std::max<std::size_t>(matcher.match().capture_count, 1));
  raise_failure(L, matcher);
  lua_pushnil(L);
  return 1;
}

// Upvalues: subject, pattern, the offset to go on at.
int gmatch_next(lua_State* L) {
  std::size_t subject_size = 0, pattern_size = 0;
  const char* const subject_data = lua_tolstring(L, lua_upvalueindex(1), &subject_size);
  const char* const pattern_data = lua_tolstring(L, lua_upvalueindex(2), &pattern_size);
  const ByteView subject(subject_data, subject_size);
  const auto from = static_cast<std::size_t>(lua_tointeger(L, lua_upvalueindex(3)));
  if (from > subject.size()) return 0;
  PatternBudget budget = PatternBudget::for_subject(subject.size() - from);
  PatternMatcher matcher(subject, ByteView(pattern_data, pattern_size), budget, PatternMatcher::Anchor::none);
  if (matcher.search(from)) {
    const PatternMatch& match = matcher.match();
    const std::size_t next = match.end == match.begin ? match.end + 1 : match.end;
    lua_pushinteger(L, static_cast<lua_Integer>(next));
    lua_replace(L, lua_upvalueindex(3));
    return push_captures(L, subject, match, std::max<std::size_t>(match.capture_count, 1));
  }
  raise_failure(L, matcher);
  return 0;
}

int string_gmatch(lua_State* L) {
  check_bytes(L, 1);
  check_bytes(L, 2);
  lua_settop(L, 2);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, gmatch_next, 3);
  return 1;
}

// Adds the replacement text with its %0 to %9 filled in; % before another character is dropped.
void add_text(lua_State* L, luaL_Buffer* out, ByteView subject, const PatternMatch& match) {
  std::size_t size = 0;
  const char* const data = lua_tolstring(L, 3, &size);
  const ByteView text(data, size);
  std::size_t at = 0;
  while (true) {
    const std::size_t percent = std::min(text.find('%', at), size);
    luaL_addlstring(out, data + at, percent - at);
    if (percent == size) return;
    const char c = percent + 1 < size ? text[percent + 1] : '\0';
    if (c == '0') {
      luaL_addlstring(out, subject.data() + match.begin, match.end - match.begin);
    } else if (c >= '1' && c <= '9') {
      push_capture(L, subject, match, static_cast<std::size_t>(c - '1'));
      luaL_addvalue(out);
    } else {
      luaL_addchar(out, c);
    }
    at = std::min(percent + 2, size);
  }
}

// Adds what argument 3 gives for this match: a text, a table's value for the first capture, or a function's for all.
void add_replacement(lua_State* L, luaL_Buffer* out, ByteView subject, const PatternMatch& match) {
  switch (lua_type(L, 3)) {
    case LUA_TFUNCTION:
      lua_pushvalue(L, 3);
      lua_call(L, push_captures(L, subject, match, std::max<std::size_t>(match.capture_count, 1)), 1);
      break;
    case LUA_TTABLE:
      push_capture(L, subject, match, 0);
      lua_gettable(L, 3);
      break;
    default:
      add_text(L, out, subject, match);
      return;
  }
  if (!lua_toboolean(L, -1)) {
    lua_pop(L, 1);
    lua_pushlstring(L, subject.data() + match.begin, match.end - match.begin);
  } else if (!lua_isstring(L, -1)) {
    luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
  }
  luaL_addvalue(out);
}

int string_gsub(lua_State* L) {
  const ByteView subject = check_bytes(L, 1);
  const ByteView pattern = check_bytes(L, 2);
  const int type = lua_type(L, 3);
  if (type != LUA_TNUMBER && type != LUA_TSTRING && type != LUA_TTABLE && type != LUA_TFUNCTION)
    return luaL_argerror(L, 3, "string/function/table expected");
  const lua_Integer most = luaL_optinteger(L, 4, static_cast<lua_Integer>(subject.size()) + 1);

  PatternBudget budget = PatternBudget::for_subject(subject.size());
  PatternMatcher matcher(subject, pattern, budget);
  luaL_Buffer out;
  luaL_buffinit(L, &out);
  std::size_t copied = 0;  // of the subject, into out
  std::size_t at = 0;
  lua_Integer count = 0;
  while (count < most && at <= subject.size() && matcher.search(at)) {
    const PatternMatch& match = matcher.match();
    luaL_addlstring(&out, subject.data() + copied, match.begin - copied);
    add_replacement(L, &out, subject, match);
    ++count;
    copied = match.end;
    at = match.end == match.begin ? match.end + 1 : match.end;  // an empty match: its neighbour is copied as it is
    if (matcher.anchored()) break;
  }
  raise_failure(L, matcher);
  luaL_addlstring(&out, subject.data() + copied, subject.size() - copied);
  luaL_pushresult(&out);
  lua_pushinteger(L, count);
  return 2;
}

constexpr luaL_Reg functions[] = {
    {"find", string_find}, {"match", string_match}, {"gmatch", string_gmatch}, {"gsub", string_gsub}, {nullptr, nullptr},
};

}  // namespace

void replace_string_patterns(lua_State* L) {
  lua_getglobal(L, "string");
  for (const luaL_Reg* function = functions; function->name; ++function) {
    lua_pushcfunction(L, function->func);
    lua_setfield(L, -2, function->name);
  }
  lua_pop(L, 1);
}

}  // namespace penstock::script
