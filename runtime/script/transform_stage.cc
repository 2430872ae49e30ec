#include "runtime/script/transform_stage.h"

#include <algorithm>
#include <lua.hpp>

#include "runtime/event/json_text.h"
#include "runtime/event/path.h"
#include "runtime/script/event_view.h"
#include "runtime/script/function_watch.h"
#include "runtime/script/json_lua.h"
#include "runtime/script/script_host.h"
#include "runtime/script/stdlib_loader.h"
#include "runtime/script/value_lua.h"
#include "runtime/script/watchdog.h"

namespace penstock::script {

namespace {

// Batches in a row that a function may run away in before its pipeline is stopped.
constexpr int runaways_max = 3;

// How LuaState and event_view.lua begin their words about memory.
constexpr const char* memory_message = "out of memory: ";

// The path of a name below a slot.
std::string path_text(const SlotTable& table, std::size_t parent, std::string name) {
  Path path;
  if (parent < table.size()) path = table[static_cast<SlotNumber>(parent)].path;
  path.push_back(std::move(name));
  return to_text(path);
}

// note(use, parent, name): the function reads or writes the field `name` below slot `parent`, or reads a whole `path`, or the
// `whole` event. Upvalues: the watch, the view.
int note_field(lua_State* L) {
  FunctionWatch& watch = *static_cast<FunctionWatch*>(lua_touserdata(L, lua_upvalueindex(1)));
  const PenstockView& view = *static_cast<const PenstockView*>(lua_touserdata(L, lua_upvalueindex(2)));
  const std::string_view use = luaL_checkstring(L, 1);
  if (use == "whole") return watch.on_whole(), 0;
  if (lua_type(L, 3) != LUA_TSTRING) return 0;  // the access itself will complain of it
  std::size_t size = 0;
  const char* name = lua_tolstring(L, 3, &size);
  if (use == "path") return watch.on_read(std::string(name, size)), 0;
  const std::string path = path_text(view.batch->slot_table(), static_cast<std::size_t>(lua_tointeger(L, 2)), std::string(name, size));
  return use == "read" ? watch.on_read(path) : watch.on_write(path), 0;
}

// What event_view.lua calls for each access, or nil. Arguments as of open_loop.
void push_field_note(lua_State* L) {
  const FunctionWatch* watch = static_cast<const FunctionWatch*>(lua_touserdata(L, 4));
  if (!watch || watch->subject() != FunctionWatch::Subject::fields) return lua_pushnil(L);
  lua_pushvalue(L, 4);
  lua_pushvalue(L, 1);
  lua_pushcclosure(L, note_field, 2);
}

// Arguments: the view, the function, the kind of loop, the watch (null: none). Leaves the loop: a function that works through one batch.
int open_loop(lua_State* L) {
  push_stdlib_module(L, "penstock.event_view");
  lua_getfield(L, -1, "open");
  lua_pushvalue(L, 1);
  push_null(L);
  lua_pushcfunction(L, decode_json);
  lua_pushcfunction(L, encode_json);
  push_field_note(L);
  lua_pushvalue(L, 5);
  lua_call(L, 6, 1);
  lua_pushvalue(L, 3);
  lua_gettable(L, -2);
  lua_pushvalue(L, 2);
  lua_call(L, 1, 1);
  return 1;
}

class FunctionStage final : public Stage {
 public:
  FunctionStage(const StageContext& context, const char* loop, FunctionRef function, std::chrono::milliseconds time)
      : script_(*context.script), watch_(script_.watch()), function_(function), time_(time), on_stuck_(context.on_stuck) {
    lua_State* L = script_.lua();
    view_.position = 0;
    lua_pushcfunction(L, open_loop);
    lua_pushlightuserdata(L, &view_);
    script_.push_function(function);
    lua_pushstring(L, loop);
    lua_pushlightuserdata(L, watch_);
    lua_pushstring(L, script_.function_place(function).text().c_str());
    if (const std::optional<Failure> failure = call(L, 5, 1)) {
      broken_ = failure->message;
      return;
    }
    loop_ = luaL_ref(L, LUA_REGISTRYINDEX);
  }
  ~FunctionStage() override { luaL_unref(script_.lua(), LUA_REGISTRYINDEX, loop_); }

  std::string hopeless() const override {
    return runaways_ < runaways_max ? "" : "its function was stopped " + std::to_string(runaways_) + " times in a row for running too long";
  }

  void run(Batch& batch) override {
    begin(batch);
    run_batch(batch);
    // A script may keep the view: from here on there is no event in it.
    view_.event = nullptr;
    view_.count = 0;
  }

 private:
  void run_batch(Batch& batch) {
    // One section: the batch's time is for all of its errors together.
    const TimedSection section(script_.state(), time_, on_stuck_);
    while (const std::optional<Failure> failure = run_loop()) {
      if (lost_batch(*failure)) {
        runaways_ = stopped_ ? runaways_ + 1 : 0;
        return;
      }
      reject(view_.position, failure->message);
      if (view_.position + 1 >= view_.count) break;
    }
    runaways_ = 0;
    settle(batch);
  }
  void begin(Batch& batch) {
    verdicts_.assign(batch.live.size(), 0);
    births_.clear();
    view_.batch = &batch;
    view_.event = nullptr;
    view_.count = static_cast<std::uint32_t>(batch.live.size());
    view_.position = static_cast<std::uint32_t>(-1);
    view_.verdicts = &verdicts_;
    view_.births = &births_;
    view_.scratch = &scratch_;
  }

  std::optional<Failure> run_loop() {
    lua_State* L = script_.lua();
    if (loop_ == LUA_NOREF) return Failure{broken_, ""};
    lua_rawgeti(L, LUA_REGISTRYINDEX, loop_);
    if (watch_) watch_->set_running(function_.number);
    std::optional<Failure> failure = call(L, 0, 0);
    if (watch_) watch_->set_running(-1);
    stopped_ = script_.state().stop_requested();
    return failure;
  }

  // Runaway code and memory that ran out leave the batch in no known state; so does an error outside of any event.
  bool lost_batch(const Failure& failure) {
    const bool memory = failure.message.find(memory_message) != std::string::npos;
    if (!stopped_ && !memory && view_.position < view_.count) return false;
    Batch& batch = *view_.batch;
    for (std::uint32_t position = 0; position < batch.live.size(); ++position)
      if (verdicts_[position] != penstock_rejected) batch.rejected.push_back({batch.live[position], failure.message});
    batch.live.clear();
    return true;
  }

  void reject(std::uint32_t position, const std::string& message) {
    verdicts_[position] = penstock_rejected;
    view_.batch->rejected.push_back({view_.batch->live[position], message});
    std::erase_if(births_, [&](const Birth& birth) { return birth.event == view_.batch->live[position]; });
  }

  // Rebuilds `live`: dropped ones go, born ones stand where the event stood that they replace.
  void settle(Batch& batch) {
    if (births_.empty()) {
      std::size_t kept = 0;
      for (std::size_t i = 0; i < batch.live.size(); ++i)
        if (verdicts_[i] == penstock_keep) batch.live[kept++] = batch.live[i];
      batch.live.resize(kept);
      return;
    }
    std::vector<std::uint32_t> live;
    auto birth = births_.begin();
    for (std::size_t i = 0; i < batch.live.size(); ++i) {
      if (verdicts_[i] == penstock_keep) live.push_back(batch.live[i]);
      if (birth == births_.end() || birth->event != batch.live[i]) continue;
      ++batch.replaced;
      const std::uint64_t offset = batch[batch.live[i]].offset;
      for (; birth != births_.end() && birth->event == batch.live[i]; ++birth) {
        batch.add_born(birth->json, offset);
        live.push_back(static_cast<std::uint32_t>(batch.size() - 1));
      }
    }
    batch.live = std::move(live);
  }

  Script& script_;
  FunctionWatch* const watch_;  // null: nobody asks
  const FunctionRef function_;
  std::chrono::milliseconds time_;
  const FencedCallback* on_stuck_;
  PenstockView view_{};
  std::vector<std::uint8_t> verdicts_;
  std::vector<Birth> births_;
  Buffer scratch_;
  std::string broken_;
  int loop_ = LUA_NOREF;
  bool stopped_ = false;
  int runaways_ = 0;  // batches in a row
};

class FunctionStagePlan final : public StagePlan {
 public:
  FunctionStagePlan(const char* loop, FunctionRef function, std::vector<std::string> reads, std::vector<Path> paths, std::chrono::milliseconds time)
      : loop_(loop), function_(function), reads_(std::move(reads)), paths_(std::move(paths)), time_(time) {}

  std::unique_ptr<Stage> open(const StageContext& context) const override {
    for (const Path& path : paths_) context.slots.add(path);
    return std::make_unique<FunctionStage>(context, loop_, function_, time_);
  }
  std::string describe() const override { return std::string(loop_) + " (Lua, entered once per batch)"; }
  std::vector<std::string> reads() const override { return reads_; }
  std::optional<FunctionRef> function() const override { return function_; }

 private:
  const char* loop_;
  FunctionRef function_;
  std::vector<std::string> reads_;
  std::vector<Path> paths_;
  std::chrono::milliseconds time_;
};

Result<std::unique_ptr<StagePlan>> make(const char* loop, const Value& function, const Value& options, const PlanContext& context) {
  std::vector<Path> paths;
  for (const std::string& text : options.strings("reads")) {
    Result<Path> path = parse_path(text);
    if (!path.ok()) return path.take_status();
    paths.push_back(*std::move(path));
  }
  return std::unique_ptr<StagePlan>(std::make_unique<FunctionStagePlan>(loop, function.function(), options.strings("reads"), std::move(paths), context.script_time));
}

}  // namespace

Result<std::unique_ptr<StagePlan>> make_transform_stage(const Value& options, const PlanContext& context) {
  return make("transform", options["function"], options, context);
}

Result<std::unique_ptr<StagePlan>> make_function_filter_stage(const Value& options, const PlanContext& context) {
  return make("filter", options["expression"], options, context);
}

}  // namespace penstock::script
