#include "runtime/script/script_host.h"

#include <cctype>
#include <lua.hpp>

#include "runtime/script/sandbox.h"
#include "runtime/script/script_natives_lua.h"
#include "runtime/script/stdlib_loader.h"
#include "runtime/script/value_lua.h"
#include "runtime/script/watchdog.h"

namespace penstock::script {

namespace {

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Lua shortens long paths in messages to `...end/of/path`; `full` is the script's own.
std::string lengthen(const std::string& file, const std::string& full) {
  return file.starts_with("...") && full.ends_with(file.substr(3)) ? full : file;
}

// Splits Lua's `file:line: text`; line 0 when the message does not begin so.
Mistake parse_message(const std::string& message, const std::string& script) {
  for (std::size_t colon = message.find(':'); colon != std::string::npos; colon = message.find(':', colon + 1)) {
    std::size_t at = colon + 1;
    int line = 0;
    while (at < message.size() && std::isdigit(static_cast<unsigned char>(message[at])) && line < 100'000'000)
      line = line * 10 + (message[at++] - '0');
    if (at == colon + 1 || message.compare(at, 2, ": ") != 0) continue;
    if (message.find('\n') < colon) break;
    return {{lengthen(message.substr(0, colon), script), line}, message.substr(at + 2)};
  }
  return {{script, 0}, message};
}

Where to_where(const Value& place) { return {place.string_or("file", ""), static_cast<int>(place.integer_or("line", 0))}; }

Role to_role(const std::string& name) {
  if (name == "source") return Role::source;
  return name == "sink" ? Role::sink : Role::stage;
}

std::vector<NodeDeclaration> to_nodes(const Value& nodes);

BranchDeclaration to_branch(const Value& branch) {
  return {branch["condition"], to_where(branch), to_nodes(branch["nodes"])};
}

NodeDeclaration to_node(const Value& node) {
  NodeDeclaration out;
  out.role = to_role(node.string_or("role", ""));
  out.type = node.string_or("type", "");
  out.options = node["options"];
  out.where = to_where(node);
  out.refused = node.strings("refused");
  out.incomplete = node.bool_or("incomplete", false);
  if (node["branches"].is_list())
    for (const Value& branch : node["branches"].list()) out.branches.push_back(to_branch(branch));
  return out;
}

std::vector<NodeDeclaration> to_nodes(const Value& nodes) {
  std::vector<NodeDeclaration> out;
  if (nodes.is_list())
    for (const Value& node : nodes.list()) out.push_back(to_node(node));
  return out;
}

PipelineDeclaration to_pipeline(const Value& pipeline) {
  return {pipeline.string_or("name", ""), pipeline["options"], to_where(pipeline), to_nodes(pipeline["nodes"])};
}

ValueList to_list(const Value& value) { return value.is_list() ? value.list() : ValueList(); }

TestDeclaration to_test(const Value& test) {
  return {test.string_or("name", ""), test.string_or("pipeline", ""), to_list(test["input"]), to_list(test["output"]), to_where(test)};
}

void add_mistakes(std::vector<Mistake>& to, const Value& mistakes) {
  for (const Value& mistake : to_list(mistakes)) to.push_back({to_where(mistake), mistake.string_or("text", "")});
}

// What penstock.declare.finish() returns, as plain data.
void fill(Declaration& declaration, const Value& declared) {
  for (const Value& pipeline : to_list(declared["pipelines"])) declaration.pipelines.push_back(to_pipeline(pipeline));
  for (const Value& test : to_list(declared["tests"])) declaration.tests.push_back(to_test(test));
  add_mistakes(declaration.mistakes, declared["mistakes"]);
  add_mistakes(declaration.warnings, declared["warnings"]);
}

// Arguments: whether the script ran to its end, its name, and where the Value goes.
int finish(lua_State* L) {
  Value& to = *static_cast<Value*>(lua_touserdata(L, 3));
  push_stdlib_module(L, "penstock.declare");
  lua_getfield(L, -1, "finish");
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 2);
  lua_call(L, 2, 1);
  Result<Value> declared = to_value(L, -1);
  if (!declared.ok()) {
    lua_pushlstring(L, declared.status().text().data(), declared.status().text().size());
    declared = Value();
    return lua_error(L);
  }
  to = *std::move(declared);
  return 0;
}

// Predefines `p`, for scripts on the command line.
int predefine(lua_State* L) {
  push_environment(L);
  push_stdlib_module(L, "penstock");
  lua_setfield(L, -2, "p");
  return 0;
}

// Upvalue-free: argument 1 names the function of penstock.reference to call.
int make_text(lua_State* L) {
  push_stdlib_module(L, "penstock.reference");
  lua_pushvalue(L, 1);
  lua_gettable(L, -2);
  lua_call(L, 0, 1);
  return 1;
}

std::string reference_text(const char* function) {
  const ScriptOptions options;
  LuaState state;
  lua_State* L = state.get();
  open_stdlib(L);
  add_script_natives(L, options);
  lua_pushcfunction(L, make_text);
  lua_pushstring(L, function);
  if (const std::optional<Failure> failure = call(L, 1, 1)) return failure->message;
  return lua_tostring(L, -1);
}

}  // namespace

Script::Script(ScriptOptions options)
    : options_(std::move(options)),
      name_(options_.path.empty() ? "(command line)" : options_.path),
      state_(std::make_unique<LuaState>(options_.memory_bytes)) {
  lua_State* L = lua();
  open_stdlib(L);
  add_script_natives(L, options_);
  SandboxOptions sandbox;
  sandbox.folder = options_.path.empty() ? "." : folder_of(options_.path);
  sandbox.unsafe = options_.unsafe;
  sandbox.silent = options_.silent;
  if (!options_.files) options_.files = std::make_shared<ScriptFiles>();
  sandbox.files = options_.files.get();
  const TimedSection section(*state_, options_.declare_time);
  const std::optional<Failure> failure = open_sandbox(*state_, sandbox);
  if (failure) fail(*failure);
  opened_ = !failure;
}

Script::~Script() = default;

Declaration& Script::declare() {
  if (!declared_) {
    declared_ = true;
    if (opened_) run();
    tidy(declaration_.mistakes);
    tidy(declaration_.warnings);
  }
  return declaration_;
}

void Script::run() {
  if (!load()) return;
  lua_State* L = lua();
  const TimedSection section(*state_, options_.declare_time);
  const std::optional<Failure> failure = call(L, 0, 0);
  state_->clear_stop();
  Value declared;
  lua_pushcfunction(L, finish);
  lua_pushboolean(L, !failure);
  lua_pushlstring(L, name_.data(), name_.size());
  lua_pushlightuserdata(L, &declared);
  const std::optional<Failure> unfinished = call(L, 3, 0);
  fill(declaration_, declared);
  if (failure) fail(*failure);
  if (unfinished) fail(*unfinished);
}

bool Script::load() {
  std::string text = options_.text;
  if (!options_.path.empty()) {
    Result<std::string> read = options_.files->read(options_.path);
    if (!read.ok()) {
      declaration_.mistakes.push_back({{name_, 0}, read.status().text()});
      return false;
    }
    text = *std::move(read);
  } else {
    lua_pushcfunction(lua(), predefine);
    if (const std::optional<Failure> failure = call(lua(), 0, 0)) fail(*failure);
  }
  const std::optional<Failure> failure = load_script(*state_, text, (options_.path.empty() ? "=" : "@") + name_);
  if (failure) fail(*failure);
  return !failure;
}

void Script::fail(const Failure& failure) { declaration_.mistakes.push_back(parse_message(failure.message, name_)); }

void Script::push_function(FunctionRef ref) { script::push_function(lua(), ref); }

Where Script::function_place(FunctionRef ref) {
  lua_State* L = lua();
  lua_Debug info;
  push_function(ref);
  lua_getinfo(L, ">S", &info);
  return {info.source[0] == '@' || info.source[0] == '=' ? info.source + 1 : info.short_src, info.linedefined};
}

std::string Script::text_of(const std::string& file) const {
  if (options_.path.empty() && file == name_) return options_.text;
  return options_.files->text(file).value_or("");
}

std::string reference_markdown() { return reference_text("markdown"); }
std::string lua_meta() { return reference_text("meta"); }

}  // namespace penstock::script
