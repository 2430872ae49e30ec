// Our pattern matcher against LuaJIT's own string.find: same result or same error for every pattern and subject.
// Input: the pattern's length (one byte), the pattern, the subject.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <lua.hpp>

#include "runtime/script/lua_pattern.h"
#include "runtime/script/lua_pattern_lua.h"

namespace {

using penstock::ByteView;
using penstock::Code;
namespace script = penstock::script;

// A state with LuaJIT's string.find and ours as `own` and `bounded`.
lua_State* make_state() {
  lua_State* const L = luaL_newstate();
  luaL_openlibs(L);
  const char* const code = R"(
    own = string.find
    function outcome(f, subject, pattern)
      local results = {pcall(f, subject, pattern)}
      for i = 1, #results do results[i] = type(results[i]) .. tostring(results[i]) end
      return table.concat(results, "|")
    end
    function agree(subject, pattern) return outcome(own, subject, pattern) == outcome(bounded, subject, pattern) end
  )";
  if (luaL_dostring(L, code) != 0) std::abort();
  script::replace_string_patterns(L);
  if (luaL_dostring(L, "bounded = string.find") != 0) std::abort();
  return L;
}

bool agree(lua_State* L, ByteView subject, ByteView pattern) {
  lua_getglobal(L, "agree");
  lua_pushlstring(L, subject.data(), subject.size());
  lua_pushlstring(L, pattern.data(), pattern.size());
  if (lua_pcall(L, 2, 1, 0) != 0) std::abort();
  const bool same = lua_toboolean(L, -1);
  lua_settop(L, 0);
  return same;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static lua_State* const L = make_state();
  if (size == 0) return 0;
  const ByteView input(reinterpret_cast<const char*>(data + 1), size - 1);
  const ByteView pattern = input.substr(0, data[0]);
  const ByteView subject = input.substr(pattern.size());
  // LuaJIT has no bound: what is too much for a small one of ours is not given to it.
  script::PatternBudget budget{200'000};
  const auto found = script::match(subject, pattern, 0, budget);
  if (!found.ok() && found.status().code() == Code::limit) return 0;
  if (!agree(L, subject, pattern)) std::abort();
  return 0;
}
