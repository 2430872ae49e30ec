#include "runtime/script/likeness.h"

#include <gtest/gtest.h>

#include "runtime/script/script_host.h"

namespace penstock::script {
namespace {

// The first function that the first pipeline's stages name.
struct Loaded {
  explicit Loaded(const std::string& text) : script(options_of(text)) {
    const Declaration& declaration = script.declare();
    EXPECT_TRUE(declaration.mistakes.empty()) << (declaration.mistakes.empty() ? "" : declaration.mistakes[0].text);
    for (const NodeDeclaration& node : declaration.pipelines.at(0).nodes)
      if (node.options["function"].is_function()) function = node.options["function"].function();
  }
  static ScriptOptions options_of(const std::string& text) {
    ScriptOptions options;
    options.text = text;
    return options;
  }
  Script script;
  FunctionRef function;
};

std::string with_transform(const std::string& before, const std::string& function) {
  return before + "\np.pipeline 'x' { p.source.stdin {}, p.transform (" + function + "), p.sink.stdout {} }";
}

bool same(const std::string& a, const std::string& b) {
  Loaded first(a), second(b);
  const auto one = likeness(first.script, first.function);
  const auto other = likeness(second.script, second.function);
  return one && other && alike(*one, *other);
}

struct Change {
  const char* name;
  std::string before, after;
  bool alike;
};

class Likeness : public ::testing::TestWithParam<Change> {};

TEST_P(Likeness, IsSeen) { EXPECT_EQ(same(GetParam().before, GetParam().after), GetParam().alike); }

const std::string plain = "function(event) event.a = 1 end";
const std::string uses_n = "function(event) event.a = n end";
const std::string calls_f = "function(event) event.a = f(event.a) end";

INSTANTIATE_TEST_SUITE_P(
    Changes, Likeness,
    ::testing::Values(
        Change{"Nothing", with_transform("", plain), with_transform("", plain), true},
        Change{"Moved", with_transform("", plain), with_transform("-- a comment\n\n", plain), true},
        Change{"CommentInside", with_transform("", plain), with_transform("", "function(event) --[[why]]\n event.a = 1 end"), true},
        Change{"Constant", with_transform("", plain), with_transform("", "function(event) event.a = 2 end"), false},
        Change{"Operands", with_transform("", "function(e) e.c = e.a - e.b end"), with_transform("", "function(e) e.c = e.b - e.a end"), false},
        Change{"TableConstant", with_transform("", "function(e) e.t = ({ a = 1, b = 2, c = 3, d = 4, e = 5, f = 6 })[e.k] end"),
               with_transform("\n", "function(e) e.t = ({ a = 1, b = 2, c = 3, d = 4, e = 5, f = 6 })[e.k] end"), true},
        Change{"TableConstantsValue", with_transform("", "function(e) e.t = ({ a = 1, b = 2 })[e.k] end"),
               with_transform("", "function(e) e.t = ({ a = 2, b = 1 })[e.k] end"), false},
        Change{"SameUpvalue", with_transform("local n = 1", uses_n), with_transform("local n = 1", uses_n), true},
        Change{"OtherUpvalue", with_transform("local n = 1", uses_n), with_transform("local n = 2", uses_n), false},
        Change{"UpvaluesType", with_transform("local n = 1", uses_n), with_transform("local n = '1'", uses_n), false},
        Change{"SameTable", with_transform("local n = { 1, { x = true } }", uses_n), with_transform("local n = { 1, { x = true } }", uses_n), true},
        Change{"OtherTable", with_transform("local n = { 1, { x = true } }", uses_n), with_transform("local n = { 1, { x = false } }", uses_n), false},
        Change{"Cycle", with_transform("local n = {} n.n = n", uses_n), with_transform("local n = {} n.n = n", uses_n), true},
        Change{"SameFunction", with_transform("local function f(v) return v end", calls_f), with_transform("\nlocal function f(v) return v end", calls_f), true},
        Change{"OtherFunction", with_transform("local function f(v) return v end", calls_f), with_transform("local function f(v) return -v end", calls_f), false},
        Change{"FunctionsUpvalue", with_transform("local n = 1 local function f(v) return v + n end", calls_f),
               with_transform("local n = 2 local function f(v) return v + n end", calls_f), false},
        Change{"SameGlobal", with_transform("function f(v) return v end", calls_f), with_transform("function f(v) return v end", calls_f), true},
        Change{"OtherGlobal", with_transform("function f(v) return v end", calls_f), with_transform("function f(v) return -v end", calls_f), false},
        Change{"Libraries", with_transform("local f, s, m = string.lower, string, math.floor", "function(e) e.a = f(s.rep(e.a, m(2.5))) e.b = p.null end"),
               with_transform("local f, s, m = string.lower, string, math.floor", "function(e) e.a = f(s.rep(e.a, m(2.5))) e.b = p.null end"), true},
        Change{"OtherLibraryFunction", with_transform("local f = string.lower", calls_f), with_transform("local f = string.upper", calls_f), false},
        Change{"Penstock", with_transform("local n = p", uses_n), with_transform("local n = p", uses_n), true},
        Change{"SameRegex", with_transform("local n = p.re 'a+'", uses_n), with_transform("local n = p.re 'a+'", uses_n), true},
        Change{"OtherRegex", with_transform("local n = p.re 'a+'", uses_n), with_transform("local n = p.re 'b+'", uses_n), false},
        Change{"Metatable", with_transform("local n = setmetatable({}, { __index = { a = 1 } })", uses_n),
               with_transform("local n = setmetatable({}, { __index = { a = 2 } })", uses_n), false},
        Change{"CoroutineNeverIs", with_transform("local n = coroutine.create(print)", uses_n), with_transform("local n = coroutine.create(print)", uses_n), false}),
    [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace penstock::script
