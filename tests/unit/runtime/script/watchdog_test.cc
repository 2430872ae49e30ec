#include "runtime/script/watchdog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <lua.hpp>

#include "runtime/script/sandbox.h"
#include "runtime/script/stdlib_loader.h"
#include "runtime/script/script_natives_lua.h"
#include "runtime/script/script_host.h"
#include "tests/unit/support/held_back_signals.h"

namespace penstock::script {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;

// A script's state without a pipeline in it.
class Watchdog : public testing::Test {
 protected:
  Watchdog() {
    open_stdlib(state_.get());
    add_script_natives(state_.get(), options_);
    EXPECT_FALSE(open_sandbox(state_, {}));
  }

  // Runs `text` as edge.lua for at most `limit`; the error, or "".
  std::string run(const std::string& text, milliseconds limit = milliseconds(100)) {
    if (const auto failure = load_script(state_, text, "@edge.lua")) return failure->message;
    const TimedSection section(state_, limit);
    const std::optional<Failure> failure = call(state_.get(), 0, 0);
    stopped_ = section.stopped();
    return failure ? failure->message : "";
  }

  ScriptOptions options_;
  LuaState state_;
  bool stopped_ = false;
};

struct Runaway {
  const char* name;
  const char* text;
};

class RunawayCode : public Watchdog, public testing::WithParamInterface<Runaway> {};

TEST_P(RunawayCode, StopsWithTheScriptsLine) {
  PENSTOCK_NEEDS_PROMPT_SIGNALS();
  // coroutine.wrap puts its caller's place before an error that passes through it.
  EXPECT_THAT(run(GetParam().text), testing::MatchesRegex("(edge.lua:1: )?edge.lua:[1-9]: stopped: ran longer than 100 ms"));
  EXPECT_TRUE(stopped_);
}

INSTANTIATE_TEST_SUITE_P(Kinds, RunawayCode,
                         testing::Values(Runaway{"EmptyLoop", "while true do end"},
                                         Runaway{"InterpretedLoop", "jit = nil; local t = {} while true do t[#t % 7 + 1] = tostring(#t) end"},
                                         Runaway{"CompiledLoop", "local x = 0\nfor i = 1, 1e18 do\nx = x + i % 7\nend"},
                                         Runaway{"Recursion", "local function f(n) if n > 0 then return f(n) end end\nf(1)"},
                                         Runaway{"ProtectedCalls", "while true do\npcall(function() while true do end end)\nend"},
                                         Runaway{"NestedProtectedCalls", "local function f() while true do pcall(f) end end\nf()"},
                                         Runaway{"ErrorHandler", "while true do xpcall(function() while true do end end, function() while true do end end) end"},
                                         Runaway{"Coroutine", "coroutine.wrap(function() while true do end end)()"},
                                         Runaway{"CoroutinesInALoop", "while true do coroutine.wrap(function() for i = 1, 1e4 do end end)() end"},
                                         Runaway{"ResumeSwallowsErrors", "while true do coroutine.resume(coroutine.create(function() while true do end end)) end"},
                                         Runaway{"Metamethod", "local t = setmetatable({}, { __index = function() while true do end end })\nlocal x = t.a"},
                                         Runaway{"SortWithoutOrder", "local t = {} for i = 1, 1000 do t[i] = i end\ntable.sort(t, function() while true do end end)"}),
                         [](const testing::TestParamInfo<Runaway>& test) { return std::string(test.param.name); });

TEST_F(Watchdog, LeavesCodeAloneThatEndsInTime) {
  EXPECT_EQ(run("local x = 0 for i = 1, 1000 do x = x + i end"), "");
  EXPECT_FALSE(stopped_);
}

TEST_F(Watchdog, StateIsUsableAfterAStop) {
  PENSTOCK_NEEDS_PROMPT_SIGNALS();
  EXPECT_NE(run("while true do end"), "");
  EXPECT_EQ(run("local t = {} for i = 1, 1e5 do t[i] = i end"), "");
  EXPECT_FALSE(stopped_);
}

TEST_F(Watchdog, StopsOneThreadOnly) {
  PENSTOCK_NEEDS_PROMPT_SIGNALS();
  auto runaway = std::async(std::launch::async, [] {
    ScriptOptions options;
    options.text = "while true do end";
    options.declare_time = milliseconds(50);
    return Script(std::move(options)).declare().mistakes.at(0).text;
  });
  EXPECT_EQ(run("local x = 0 for i = 1, 1e7 do x = x + i end", milliseconds(60'000)), "");
  EXPECT_EQ(runaway.get(), "stopped: ran longer than 50 ms");
}

// A C function that does not return until the test lets it.
int wait_in_c(lua_State* L) {
  static_cast<std::future<void>*>(lua_touserdata(L, lua_upvalueindex(1)))->wait();
  return 0;
}

TEST_F(Watchdog, FencesCodeThatDoesNotStop) {
  PENSTOCK_NEEDS_PROMPT_SIGNALS();
  if (!stops_compiled_code()) GTEST_SKIP() << "this LuaJIT ends the process instead";
  std::promise<void> release;
  std::future<void> released = release.get_future();
  std::string report;
  const FencedCallback on_fenced = [&](const std::string& text) {
    report = text;
    release.set_value();
  };
  lua_State* L = state_.get();
  lua_pushlightuserdata(L, &released);
  lua_pushcclosure(L, wait_in_c, 1);
  {
    const TimedSection section(state_, milliseconds(20), &on_fenced);
    const auto failure = call(L, 0, 0);
    EXPECT_TRUE(section.stopped());
  }
  EXPECT_EQ(report, "Lua code ran longer than 20 ms and did not stop within 2000 ms when told to");
}

}  // namespace
}  // namespace penstock::script
