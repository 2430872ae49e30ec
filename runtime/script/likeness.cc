#include "runtime/script/likeness.h"

#include <algorithm>
#include <lua.hpp>

#include "runtime/script/script_host.h"
#include "runtime/script/stdlib_loader.h"
#include "runtime/script/value_lua.h"
#include "runtime/script/watchdog.h"

namespace penstock::script {

namespace {

constexpr std::chrono::milliseconds describe_time{5000};

// Arguments: the function, where the Value goes.
int describe(lua_State* L) {
  push_stdlib_module(L, "penstock.likeness");
  lua_getfield(L, -1, "describe");
  lua_pushvalue(L, 1);
  lua_call(L, 1, 1);
  Result<Value> described = to_value(L, -1);
  if (described.ok()) *static_cast<Value*>(lua_touserdata(L, 2)) = *std::move(described);
  return 0;
}

// Lines `first` to `last` of `text`, counted from 1.
std::string lines_of(const std::string& text, std::int64_t first, std::int64_t last) {
  std::size_t begin = 0;
  std::int64_t line = 1;
  for (; line < first && begin != std::string::npos; ++line) begin = text.find('\n', begin) + 1;
  std::size_t end = begin;
  for (; line <= last && end < text.size(); ++line) end = std::min(text.find('\n', end), text.size() - 1) + 1;
  return text.substr(begin, end - begin);
}

FunctionLikeness::Code to_code(Script& script, const Value& code) {
  const std::string text = script.text_of(code.string_or("file", ""));
  return {code.string_or("dump", ""), text.empty() ? "" : lines_of(text, code.integer_or("first", 0), code.integer_or("last", 0))};
}

// A table constant's fields stand in the dump in the order of a hash that each state seeds anew. So code whose source lines
// are the same, and whose dumps have the same bytes in another order, is the same.
bool alike(const FunctionLikeness::Code& a, const FunctionLikeness::Code& b) {
  if (a.dump == b.dump) return true;
  return !a.text.empty() && a.text == b.text && std::is_permutation(a.dump.begin(), a.dump.end(), b.dump.begin(), b.dump.end());
}

}  // namespace

std::optional<FunctionLikeness> likeness(Script& script, FunctionRef function) {
  lua_State* L = script.lua();
  Value described;
  const TimedSection section(script.state(), describe_time);
  lua_pushcfunction(L, describe);
  script.push_function(function);
  lua_pushlightuserdata(L, &described);
  if (call(L, 2, 0) || !described.is_map()) return std::nullopt;
  FunctionLikeness out;
  out.shape = described.string_or("shape", "");
  for (const Value& code : described["codes"].list()) out.codes.push_back(to_code(script, code));
  return out;
}

bool alike(const FunctionLikeness& a, const FunctionLikeness& b) {
  return a.shape == b.shape && std::equal(a.codes.begin(), a.codes.end(), b.codes.begin(), b.codes.end(),
                                          [](const auto& one, const auto& other) { return alike(one, other); });
}

}  // namespace penstock::script
