// Runs tests/lua/*_spec.lua. Each returns a list of cases:
//   { "name", script = [[...]], params = { key = value }, files = { ["shared/stages.lua"] = [[...]] },
//     declares = { "source.file { ... }", ... }   the nodes of the first pipeline, with the options that C++ gets; a `...` in
//                                                 place of the options leaves them out
//     tests = { "..." }, mistakes = { "file:line: text" }, warnings = { ... } }
// What a case does not name must be empty, but for declares. Scripts with files run from a file, script.lua, among them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <lua.hpp>
#include <stdexcept>

#include "runtime/script/sandbox.h"
#include "runtime/script/script_host.h"
#include "runtime/script/value_lua.h"

namespace penstock::script {
namespace {

namespace fs = std::filesystem;

struct Case {
  std::string file;
  Value spec;
};

std::string case_name(const Case& c) { return c.spec.string_or("1", "?"); }

// Runs while the tests are listed: a broken spec file ends the program.
std::vector<Case> read_spec(const fs::path& file) {
  LuaState state;
  lua_State* L = state.get();
  if (luaL_dofile(L, file.c_str()) != 0) throw std::runtime_error(lua_tostring(L, -1));
  lua_setglobal(L, "cases");
  // A case's name is its first element, which Value's maps cannot hold beside the named ones.
  if (luaL_dostring(L, "for _, case in ipairs(cases) do case['1'], case[1] = case[1], nil end; return cases") != 0)
    throw std::runtime_error(lua_tostring(L, -1));
  Result<Value> cases = to_value(L, -1);
  if (!cases.ok()) throw std::runtime_error(file.string() + ": " + cases.status().text());
  std::vector<Case> out;
  for (const Value& spec : cases->list()) out.push_back({file.filename().string(), spec});
  return out;
}

std::vector<Case> read_specs() {
  std::vector<Case> out;
  const fs::path folder = fs::path(PENSTOCK_SOURCE_DIR) / "tests/lua";
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (!entry.path().string().ends_with("_spec.lua")) continue;
    for (Case& c : read_spec(entry.path())) out.push_back(std::move(c));
  }
  return out;
}

// Files of a case, in a folder of its own that goes with it.
class CaseFolder {
 public:
  CaseFolder() {
    std::string pattern = (fs::temp_directory_path() / "penstock-spec-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~CaseFolder() { fs::remove_all(folder_); }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  // Messages with the folder's own path left out.
  std::string strip(std::string text) const {
    const std::string prefix = folder_.string() + "/";
    for (std::size_t at; (at = text.find(prefix)) != std::string::npos;) text.erase(at, prefix.size());
    return text;
  }

 private:
  fs::path folder_;
};

std::vector<std::string> lines(const std::vector<Mistake>& mistakes, const CaseFolder& folder) {
  std::vector<std::string> out;
  for (const Mistake& m : mistakes) out.push_back(folder.strip(m.where.text() + ": " + m.text));
  return out;
}

const char* role_prefix(Role role) { return role == Role::source ? "source." : role == Role::sink ? "sink." : ""; }

void describe(const std::vector<NodeDeclaration>& nodes, const std::string& indent, std::vector<std::string>& out) {
  for (const NodeDeclaration& node : nodes) {
    out.push_back(indent + role_prefix(node.role) + node.type + " " + to_text(node.options));
    for (const BranchDeclaration& branch : node.branches) {
      out.push_back(indent + "  " + (branch.condition.is_nil() ? "otherwise" : to_text(branch.condition)));
      describe(branch.nodes, indent + "    ", out);
    }
  }
}

void expect_nodes(const Value& expected, const Declaration& declaration) {
  std::vector<std::string> nodes;
  ASSERT_FALSE(declaration.pipelines.empty());
  describe(declaration.pipelines[0].nodes, "", nodes);
  const std::vector<std::string> wanted = expected.strings("declares");
  for (std::size_t i = 0; i < std::min(nodes.size(), wanted.size()); ++i)
    if (wanted[i].ends_with(" ...")) nodes[i] = nodes[i].substr(0, nodes[i].find(" {")) + " ...";
  EXPECT_EQ(nodes, wanted);
}

std::vector<std::string> describe_tests(const Declaration& declaration) {
  std::vector<std::string> out;
  for (const TestDeclaration& t : declaration.tests) out.push_back(t.name + " of " + t.pipeline + ": " + to_text(t.input) + " -> " + to_text(t.output));
  return out;
}

class LuaSpec : public testing::TestWithParam<Case> {};

TEST_P(LuaSpec, Holds) {
  const Value& spec = GetParam().spec;
  SCOPED_TRACE(GetParam().file + ": " + case_name(GetParam()));
  const CaseFolder folder;
  ScriptOptions options;
  if (spec["files"].is_map()) {
    for (const auto& [name, text] : spec["files"].map()) folder.write(name, text.string());
    folder.write("script.lua", spec["script"].string());
    options.path = folder.path("script.lua");
  } else {
    options.text = spec["script"].string();
  }
  if (spec["params"].is_map())
    for (const auto& [name, text] : spec["params"].map()) options.params[name] = text.string();
  Script script(std::move(options));
  const Declaration& declaration = script.declare();
  EXPECT_EQ(lines(declaration.mistakes, folder), spec.strings("mistakes"));
  EXPECT_EQ(lines(declaration.warnings, folder), spec.strings("warnings"));
  if (spec["declares"].is_list()) expect_nodes(spec, declaration);
  if (spec["tests"].is_list()) {
    EXPECT_EQ(describe_tests(declaration), spec.strings("tests"));
  }
}

std::string test_name(const testing::TestParamInfo<Case>& test) {
  std::string name = test.param.file.substr(0, test.param.file.find("_spec")) + "_" + case_name(test.param);
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(PublicApi, LuaSpec, testing::ValuesIn(read_specs()), test_name);

}  // namespace
}  // namespace penstock::script
