#include "runtime/script/sandbox.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <lua.hpp>
#include <memory>

#include "runtime/script/lua_pattern_lua.h"
#include "runtime/script/stdlib_loader.h"

namespace penstock::script {

namespace {

const char environment_key = 0;  // its address names the entry of the registry

// The path without links; empty when nothing is there.
std::string real_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
  return real ? std::string(real.get()) : std::string();
}

bool is_module_name(std::string_view name) {
  if (name.empty() || name.size() > 200 || name.front() == '.' || name.front() == '/' || name.back() == '.') return false;
  if (name.find("..") != std::string_view::npos) return false;
  for (const char c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)) && std::string_view("_-./").find(c) == std::string_view::npos) return false;
  return true;
}

bool is_within(const std::string& path, const std::string& folder) {
  return folder == "/" || (path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/');
}

struct Module {
  std::string path;
  std::string text;
};

// not_found: look elsewhere; other failures end the search.
Result<Module> read_module_at(const std::string& path, const std::string& folder, ScriptFiles& files) {
  if (std::optional<std::string> known = files.text(path)) return Module{path, *std::move(known)};
  files.note_missing(path);
  const std::string real = real_path(path);
  if (real.empty()) return Status(Code::not_found, "no file '" + path + "'");
  if (!is_within(real, real_path(folder))) return Status(Code::denied, "'" + path + "' leads out of the script's folder");
  Result<std::string> text = files.read(path);
  if (!text.ok()) return text.take_status();
  return Module{path, *std::move(text)};
}

Result<Module> read_module(std::string name, const std::string& folder, ScriptFiles& files) {
  if (!is_module_name(name)) return Status(Code::invalid, "a module's name has letters, digits, '_', '-', and dots between them");
  for (char& c : name)
    if (c == '.') c = '/';
  const std::string base = folder == "." ? name : folder + "/" + name;
  Result<Module> module = read_module_at(base + ".lua", folder, files);
  if (module.ok() || module.status().code() != Code::not_found) return module;
  Result<Module> package = read_module_at(base + "/init.lua", folder, files);
  if (package.ok() || package.status().code() != Code::not_found) return package;
  return Status(Code::not_found, module.status().text() + ", " + package.status().text());
}

// native.read_module(name) -> text, chunk name; or nil, message. Upvalues: the script's folder, its ScriptFiles.
int read_module_lua(lua_State* L) {
  std::size_t size = 0;
  const char* name = luaL_checklstring(L, 1, &size);
  const char* folder = lua_tostring(L, lua_upvalueindex(1));
  ScriptFiles own;
  auto* const shared = static_cast<ScriptFiles*>(lua_touserdata(L, lua_upvalueindex(2)));
  const Result<Module> module = read_module(std::string(name, size), folder, shared ? *shared : own);
  if (!module.ok()) {
    lua_pushnil(L);
    lua_pushlstring(L, module.status().text().data(), module.status().text().size());
    return 2;
  }
  lua_pushlstring(L, module.value().text.data(), module.value().text.size());
  lua_pushfstring(L, "@%s", module.value().path.c_str());
  return 2;
}

// print to stderr, one write for each call so that workers' lines do not mix.
int print_lua(lua_State* L) {
  const int count = lua_gettop(L);
  luaL_Buffer line;
  luaL_buffinit(L, &line);
  for (int i = 1; i <= count; ++i) {
    if (i > 1) luaL_addchar(&line, '\t');
    lua_getglobal(L, "tostring");
    lua_pushvalue(L, i);
    lua_call(L, 1, 1);
    if (!lua_isstring(L, -1)) return luaL_error(L, "'tostring' must return a string to 'print'");
    luaL_addvalue(&line);
  }
  luaL_addchar(&line, '\n');
  luaL_pushresult(&line);
  std::size_t size = 0;
  const char* text = lua_tolstring(L, -1, &size);
  std::fwrite(text, 1, size, stderr);
  return 0;
}

// native.memory_bytes() -> the state's bound.
int memory_bytes_lua(lua_State* L) {
  lua_pushnumber(L, static_cast<lua_Number>(LuaState::of(L).memory_bytes()));
  return 1;
}

int print_nothing(lua_State*) { return 0; }

void add_natives(lua_State* L, const SandboxOptions& options) {
  const std::string folder = options.folder.empty() ? "." : options.folder;
  push_native(L);
  lua_pushlstring(L, folder.data(), folder.size());
  lua_pushlightuserdata(L, options.files);
  lua_pushcclosure(L, read_module_lua, 2);
  lua_setfield(L, -2, "read_module");
  lua_pushcfunction(L, options.silent ? print_nothing : print_lua);
  lua_setfield(L, -2, "print");
  lua_pushcfunction(L, memory_bytes_lua);
  lua_setfield(L, -2, "memory_bytes");
  lua_pop(L, 1);
}

// Argument: whether unsafe. Builds the environment and keeps it, and tells likeness.lua what is there before the script.
int make_environment(lua_State* L) {
  push_stdlib_module(L, "penstock.sandbox");
  lua_getfield(L, -1, "environment");
  lua_pushvalue(L, 1);
  lua_call(L, 1, 1);
  lua_pushlightuserdata(L, const_cast<char*>(&environment_key));
  lua_pushvalue(L, -2);
  lua_rawset(L, LUA_REGISTRYINDEX);
  push_stdlib_module(L, "penstock.likeness");
  lua_getfield(L, -1, "begin");
  push_environment(L);
  lua_call(L, 1, 0);
  return 0;
}

}  // namespace

Result<std::string> read_script_file(const std::string& path) {
  struct stat found;
  if (::stat(path.c_str(), &found) != 0) return Status::from_errno(errno, path);
  if (S_ISDIR(found.st_mode)) return Status(Code::invalid, path + ": is a directory, not a script");
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (!file) return Status::from_errno(errno, path);
  std::string text;
  char piece[16384];
  for (std::size_t got; (got = std::fread(piece, 1, sizeof piece, file.get())) > 0;) {
    text.append(piece, got);
    if (text.size() > script_bytes_max) return Status(Code::limit, path + ": a script has at most 16 MiB");
  }
  if (std::ferror(file.get())) return Status::from_errno(errno, path);
  // A first line `#!...` is for the shell; its line end stays so that line numbers hold.
  if (text.starts_with('#')) text.erase(0, std::min(text.find('\n'), text.size()));
  return text;
}

std::optional<Failure> open_sandbox(LuaState& state, const SandboxOptions& options) {
  lua_State* L = state.get();
  replace_string_patterns(L);
  add_natives(L, options);
  lua_pushcfunction(L, make_environment);
  lua_pushboolean(L, options.unsafe);
  return call(L, 1, 0);
}

std::optional<Failure> load_script(LuaState& state, std::string_view text, const std::string& chunk_name) {
  lua_State* L = state.get();
  const int status = luaL_loadbufferx(L, text.data(), text.size(), chunk_name.c_str(), "t");
  if (status != 0) {
    const char* message = lua_tostring(L, -1);
    Failure failure{message ? message : "cannot load the script", ""};
    lua_pop(L, 1);
    return failure;
  }
  push_environment(L);
  lua_setfenv(L, -2);
  return std::nullopt;
}

void push_environment(lua_State* L) {
  lua_pushlightuserdata(L, const_cast<char*>(&environment_key));
  lua_rawget(L, LUA_REGISTRYINDEX);
}

}  // namespace penstock::script
