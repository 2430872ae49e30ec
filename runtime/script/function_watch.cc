#include "runtime/script/function_watch.h"

#include <algorithm>
#include <lua.hpp>

#include "runtime/script/script_host.h"
#include "runtime/script/stdlib_loader.h"
#include "runtime/script/value_lua.h"

namespace penstock::script {

namespace {

void add_once(std::vector<std::string>& to, const std::string& text) {
  if (std::find(to.begin(), to.end(), text) == to.end()) to.push_back(text);
}

// running() -> the number of the function that runs, or nil. Upvalue 1: the watch.
int running_lua(lua_State* L) {
  const FunctionWatch& watch = *static_cast<const FunctionWatch*>(lua_touserdata(L, lua_upvalueindex(1)));
  if (watch.running() < 0) return 0;
  lua_pushinteger(L, watch.running());
  return 1;
}

// Argument: the watch.
int attach(lua_State* L) {
  push_stdlib_module(L, "penstock.jit_notes");
  lua_getfield(L, -1, "attach");
  lua_pushvalue(L, 1);
  lua_pushcclosure(L, running_lua, 1);
  lua_call(L, 1, 0);
  return 0;
}

// Argument: where the Value goes.
int detach(lua_State* L) {
  push_stdlib_module(L, "penstock.jit_notes");
  lua_getfield(L, -1, "detach");
  lua_call(L, 0, 1);
  Result<Value> seen = to_value(L, -1);
  if (seen.ok()) *static_cast<Value*>(lua_touserdata(L, 1)) = *std::move(seen);
  return 0;
}

Where to_where(const Value& place) { return {place.string_or("file", ""), static_cast<int>(place.integer_or("line", 0))}; }

LostTrace to_lost(const Value& lost) {
  return {to_where(lost), lost.string_or("reason", ""), static_cast<int>(lost.integer_or("count", 0)), lost.bool_or("side", false)};
}

}  // namespace

FunctionWatch::FunctionWatch(Script& script, Subject subject, std::map<int, FunctionNotes>& notes)
    : script_(script), subject_(subject), notes_(notes) {
  script_.set_watch(this);
  if (subject_ != Subject::traces) return;
  lua_pushcfunction(script_.lua(), attach);
  lua_pushlightuserdata(script_.lua(), this);
  if (const std::optional<Failure> failure = call(script_.lua(), 1, 0)) broken_ = failure->message;
}

FunctionWatch::~FunctionWatch() {
  script_.set_watch(nullptr);
  if (subject_ == Subject::traces) (void)finish();
}

void FunctionWatch::on_read(const std::string& path) { add_once(notes_[running_].reads, path); }
void FunctionWatch::on_write(const std::string& path) { add_once(notes_[running_].writes, path); }
void FunctionWatch::on_whole() { notes_[running_].reads_whole = true; }

Status FunctionWatch::finish() {
  if (!broken_.empty()) return Status(Code::unsupported, broken_);
  Value seen;
  lua_pushcfunction(script_.lua(), detach);
  lua_pushlightuserdata(script_.lua(), &seen);
  if (const std::optional<Failure> failure = call(script_.lua(), 1, 0)) return Status(Code::unsupported, failure->message);
  if (!seen.is_list()) return {};
  for (const Value& function : seen.list()) {
    FunctionNotes& notes = notes_[static_cast<int>(function.integer_or("number", -1))];
    notes.traces += static_cast<int>(function.integer_or("traces", 0));
    for (const Value& lost : function["lost"].list()) notes.lost.push_back(to_lost(lost));
    for (const Value& place : function["stitched"].list()) notes.stitched.push_back(to_where(place));
  }
  return {};
}

}  // namespace penstock::script
