#include "runtime/script/sandbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <lua.hpp>

#include "runtime/script/script_host.h"
#include "runtime/script/script_natives_lua.h"
#include "runtime/script/stdlib_loader.h"
#include "runtime/script/watchdog.h"

namespace penstock::script {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

class SandboxTest : public testing::Test {
 protected:
  SandboxTest() {
    std::string pattern = (fs::temp_directory_path() / "penstock-sandbox-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    fs::create_directory(root_ / "scripts");
  }
  ~SandboxTest() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path, std::ios::binary) << text;
  }

  // Runs `text` in a fresh sandbox; the error, or what the chunk returns as text.
  std::string run(const std::string& text, bool unsafe = false, std::size_t memory_bytes = std::size_t{16} << 20) {
    LuaState state(memory_bytes);
    lua_State* L = state.get();
    open_stdlib(L);
    add_script_natives(L, options_);
    SandboxOptions options;
    options.folder = (root_ / "scripts").string();
    options.unsafe = unsafe;
    const TimedSection section(state, std::chrono::milliseconds(20'000));
    if (const auto failure = open_sandbox(state, options)) return failure->message;
    if (const auto failure = load_script(state, text, "@edge.lua")) return failure->message;
    if (const auto failure = call(L, 0, 1)) return failure->message;
    const char* result = lua_tostring(L, -1);
    return result ? result : luaL_typename(L, -1);
  }

  ScriptOptions options_;
  fs::path root_;
};

TEST_F(SandboxTest, HidesWhatReachesOutside) {
  for (const char* name : {"io", "ffi", "debug", "package", "dofile", "loadfile", "getfenv", "setfenv", "newproxy", "gcinfo", "module",
                           "os.execute", "os.exit", "os.remove", "os.rename", "os.tmpname", "os.getenv", "os.setlocale",
                           "string.dump", "('').dump", "jit.on", "jit.off", "jit.flush", "jit.opt", "jit.util"}) {
    EXPECT_EQ(run(std::string("return ") + name), "nil") << name;
  }
}

TEST_F(SandboxTest, KeepsTheSafeLibraries) {
  EXPECT_EQ(run("return ('a-b'):gsub('-', '+') .. math.floor(1.5) .. table.concat({ 1, 2 }, ',') .. bit.band(7, 2)"), "a+b11,22");
  EXPECT_EQ(run("return type(os.time()) .. type(os.date()) .. type(os.clock())"), "numberstringnumber");
  EXPECT_EQ(run("return select('#', coroutine.resume(coroutine.create(function() return 1, 2 end)))"), "3");
  EXPECT_EQ(run("function string.shout(s) return s:upper() .. '!' end return ('a'):shout()"), "A!");
}

TEST_F(SandboxTest, ModulesPrivatePartsStayPrivate) {
  EXPECT_EQ(run("return getmetatable('')"), "string");
  EXPECT_EQ(run("return getmetatable(require('penstock'))"), "penstock");
  EXPECT_EQ(run("return getmetatable(require('penstock').null)"), "null");
  EXPECT_EQ(run("local p = require('penstock') return getmetatable(p.sample(0.5))"), "penstock.Stage");
  EXPECT_EQ(run("local p = require('penstock') return pcall(setmetatable, p, {}) and 'open' or 'closed'"), "closed");
  EXPECT_THAT(run("return require 'penstock.native'"), HasSubstr("not found"));
  EXPECT_THAT(run("return require 'ffi'"), HasSubstr("not found"));
}

TEST_F(SandboxTest, RefusesBytecode) {
  EXPECT_EQ(run("return select(2, load('\\27LJ\\2\\0', 'x', 'b'))"), "bytecode cannot be loaded in the sandbox");
  EXPECT_THAT(run("return select(2, loadstring('\\27LJ\\2\\0'))"), HasSubstr("attempt to load chunk with wrong mode"));
  EXPECT_THAT(run("\x1bLJ\x02"), HasSubstr("attempt to load chunk with wrong mode"));
}

TEST_F(SandboxTest, LoadedCodeSeesTheSandbox) {
  EXPECT_EQ(run("return load('return io')()"), "nil");
  EXPECT_EQ(run("return loadstring('return os.execute')()"), "nil");
  EXPECT_EQ(run("return load(function() return nil end) and 'loaded'"), "loaded");
}

TEST_F(SandboxTest, RequiresModulesBesideTheScript) {
  write("scripts/shared.lua", "return { name = ... }");
  write("scripts/team/stages/init.lua", "return require('shared').name .. '!'");
  EXPECT_EQ(run("return require('team.stages')"), "shared!");
  EXPECT_EQ(run("return require('shared') == require('shared') and 'once'"), "once");
}

TEST_F(SandboxTest, ModulesSeeTheSandboxToo) {
  write("scripts/spy.lua", "return type(io) .. type(debug)");
  EXPECT_EQ(run("return require 'spy'"), "nilnil");
}

TEST_F(SandboxTest, RefusesModulesOutsideOfTheFolder) {
  write("outside.lua", "return 'outside'");
  write("scripts-too/a.lua", "return 'outside'");
  fs::create_symlink(root_ / "outside.lua", root_ / "scripts/link.lua");
  fs::create_directory_symlink(root_ / "scripts-too", root_ / "scripts/folder");
  EXPECT_THAT(run("return require 'link'"), HasSubstr("leads out of the script's folder"));
  EXPECT_THAT(run("return require 'folder.a'"), HasSubstr("leads out of the script's folder"));
  for (const char* name : {"../outside", "..outside", "/etc/passwd", "a/../../outside", "a\\0b", ""})
    EXPECT_THAT(run(std::string("return require '") + name + "'"), HasSubstr("a module's name has letters")) << name;
}

TEST_F(SandboxTest, ModulesMistakesHaveTheirPlace) {
  write("scripts/broken.lua", "local x =\n");
  write("scripts/failing.lua", "\nerror('no')");
  write("scripts/one.lua", "require 'two'");
  write("scripts/two.lua", "require 'one'");
  EXPECT_THAT(run("require 'broken'"), MatchesRegex(".*broken.lua:2: unexpected symbol near '<eof>'"));
  EXPECT_THAT(run("require 'failing'"), MatchesRegex(".*failing.lua:2: no"));
  EXPECT_THAT(run("require 'one'"), HasSubstr("module 'one' requires itself"));
  EXPECT_THAT(run("\nrequire 'none'"), StartsWith("edge.lua:2: module 'none' not found: no file '"));
}

TEST_F(SandboxTest, UnsafeScriptsSeeAllLibraries) {
  EXPECT_EQ(run("return type(io.open) .. type(debug.getinfo) .. type(require('ffi').new) .. type(os.getenv)", true), "functionfunctionfunctionfunction");
}

struct Bomb {
  const char* name;
  const char* text;
};

class MemoryBomb : public SandboxTest, public testing::WithParamInterface<Bomb> {};

TEST_P(MemoryBomb, EndsWithTheScriptsLine) {
  EXPECT_THAT(run(GetParam().text), MatchesRegex("edge.lua:2: (out of memory: Lua may use 16 MiB .*|string.rep: .*)"));
}

// One instruction may take twice the bound at once, by what was there before it; what LuaJIT raises then has no line (LuaState).
TEST_F(SandboxTest, AStringThatDoublesEndsToo) {
  EXPECT_THAT(run("local s = 'x'\nwhile true do s = s .. s end"), MatchesRegex("(edge.lua:2: )?out of memory: Lua may use 16 MiB .*"));
}

INSTANTIATE_TEST_SUITE_P(Kinds, MemoryBomb,
                         testing::Values(Bomb{"TableGrowth", "local t = {}\nfor i = 1, 1e9 do t[i] = i end"},
                                         Bomb{"ManyTables", "local t = {}\nfor i = 1, 1e9 do t[i] = { i } end"},
                                         Bomb{"Rep", "local s = 'x'\ns = s:rep(1e9)"},
                                         Bomb{"RepOfMethods", "local t = {}\nfor i = 1, 1e9 do t[i] = ('x'):rep(1e6) .. i end"},
                                         Bomb{"Hash", "local t = {}\nfor i = 1, 1e9 do t['k' .. i] = true end"},
                                         Bomb{"Closures", "local t = {}\nfor i = 1, 1e9 do t[i] = function() return i end end"}),
                         [](const testing::TestParamInfo<Bomb>& test) { return std::string(test.param.name); });

TEST_F(SandboxTest, GarbageIsNoMemoryUsed) {
  EXPECT_EQ(run("local n = 0 for i = 1, 2e6 do local t = { i } n = n + #t end return n"), "2000000");
  EXPECT_EQ(run("local n = 0 for i = 1, 200 do n = n + #(('x'):rep(1e6) .. i) end return 'done'"), "done");
}

TEST_F(SandboxTest, PairsIsCompiledRight) {
  EXPECT_EQ(run("local n = 0 for round = 1, 500 do for k, v in pairs { a = 1, b = 2 } do n = n + v end end return n"), "1500");
}

}  // namespace
}  // namespace penstock::script
