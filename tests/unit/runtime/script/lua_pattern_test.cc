#include "runtime/script/lua_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <lua.hpp>
#include <random>
#include <string>
#include <vector>

#include "runtime/script/lua_pattern_lua.h"

namespace penstock::script {
namespace {

using testing::HasSubstr;

// A Lua state where `string` is LuaJIT's own and `bounded` has our functions.
class LuaPattern : public testing::Test {
 protected:
  LuaPattern() {
    luaL_openlibs(L_);
    run("own = {}; for name, f in pairs(string) do own[name] = f end");
    replace_string_patterns(L_);
    run("bounded = {}; for name, f in pairs(string) do bounded[name] = f end");
    // Everything that a call gives, or its error, as one text.
    run(R"(
      local function text(...)
        local out = {}
        for i = 1, select('#', ...) do
          local v = select(i, ...)
          out[i] = type(v) .. ':' .. tostring(v)
        end
        return table.concat(out, ' | ')
      end
      local function outcome(library, name, ...)
        local f = library[name]
        if name == 'gmatch' then
          local subject, pattern = ...
          return text(pcall(function()
            local all = {}
            for a, b, c in f(subject, pattern) do all[#all + 1] = text(a, b, c) end
            return table.concat(all, '; ')
          end))
        end
        -- the value's place in an expression, so that the call is no tail call and errors name this line
        local args, n = {...}, select('#', ...)
        return text(pcall(function() local r = text(f(unpack(args, 1, n))); return r end))
      end
      function both(name, ...) return outcome(own, name, ...), outcome(bounded, name, ...) end
    )");
  }
  ~LuaPattern() override { lua_close(L_); }

  void run(const std::string& code) { ASSERT_EQ(luaL_dostring(L_, code.c_str()), 0) << lua_tostring(L_, -1); }
  // What `return CODE` gives, as text; the error when there is one.
  std::string eval(const std::string& code) {
    const bool failed = luaL_loadbuffer(L_, code.data(), code.size(), "=script") != 0 || lua_pcall(L_, 0, 1, 0) != 0;
    const std::string result = (failed ? "error: " : "") + text_at(-1);
    lua_settop(L_, 0);
    return result;
  }
  std::string text_at(int index) {
    std::size_t size = 0;
    const char* const text = lua_tolstring(L_, index, &size);
    return text ? std::string(text, size) : "no text";
  }
  // Calls string.NAME of both with these strings and compares everything.
  void compare(const char* name, const std::vector<std::string>& arguments) {
    lua_getglobal(L_, "both");
    lua_pushstring(L_, name);
    for (const std::string& argument : arguments) lua_pushlstring(L_, argument.data(), argument.size());
    ASSERT_EQ(lua_pcall(L_, static_cast<int>(arguments.size()) + 1, 2, 0), 0) << lua_tostring(L_, -1);
    const std::string own = text_at(-2), bounded = text_at(-1);
    lua_settop(L_, 0);
    EXPECT_EQ(bounded, own) << name << "(" << testing::PrintToString(arguments) << ")";
  }
  void compare_all(const std::string& subject, const std::string& pattern) {
    compare("find", {subject, pattern});
    compare("match", {subject, pattern});
    compare("find", {subject, pattern, "2"});
    compare("match", {subject, pattern, "-2"});
    compare("gmatch", {subject, pattern});
    compare("gsub", {subject, pattern, "<%0>"});
    compare("gsub", {subject, pattern, "%1%%", "2"});
  }

 private:
  lua_State* L_ = luaL_newstate();
};

TEST_F(LuaPattern, AgreesWithLuaJitOnEveryKindOfItem) {
  const std::vector<std::string> subjects = {"", "a", "hello world", "key = value", "aa^$*x]-b", "THE (quick) fox", "f(a(b)c)d",
                                             std::string("a\0b", 3), "\x80\xff\x01\x7f", "aaaab", "\"x\" 'y'", "  trim  "};
  const std::vector<std::string> patterns = {
      "", ".", "a", "l+", "l*", "l-", "l?", "(%w+) = (%w+)", "^%s*(.-)%s*$", "%b()", "%b''", "%f[%w]%w+", "%f[%W]", "(.)%1",
      "([\"'])(.-)%1", "()ll()", "[^%s]+", "[%a_][%w_]*", "[]]", "[^]]+", "[a-]", "[%a-z]", "[a-%]]", "[--a]", "[]-a]", "%.", "%%",
      "^", "$", "^$", "a$b", "a^", "^*", "*a", "+", "?", "-", "%z", "%Z+", "%g+", "%G", "%p+", "%c", "%C+", "%x%X", "%u+", "%U+",
      "%l%L", "%d*%D", "%S+%s", "%w*%W", "%A", "%P", "%y", "(a*(.)%w(%s*))", "((a)(b))", "(()(a))", "a)", "]", "x?", "[^a-z]",
      "a.-b", "a-b", "(a-)b", ".*b", "(.*)(.*)", "%1", "()%1"};
  for (const std::string& subject : subjects)
    for (const std::string& pattern : patterns) compare_all(subject, pattern);
}

TEST_F(LuaPattern, AgreesWithLuaJitOnMalformedPatterns) {
  for (const std::string pattern : {"%", "[", "[a", "[^", "[%", "[]", "[a-", "(", "(a", "a)b(", "(()", "%b", "%bx", "%f", "%fa", "%f[a", "%0", "%1",
                                    "(%1)", "(a)%2", "%9", "a%", "(a", ")", ".)"})
    for (const std::string subject : {"", "a", "aa(x"}) compare_all(subject, pattern);
  compare_all(std::string("a\0b", 3), std::string("a\0b", 3));
  compare_all(std::string("a\0b", 3), std::string("[\0a]+", 5));
  compare_all("a", std::string(66, '(') + std::string(33, ')'));
  std::string positions;
  for (int i = 0; i < 33; ++i) positions += "()";
  compare_all("a", positions);
  compare_all("a", positions.substr(2));
}

TEST_F(LuaPattern, AgreesWithLuaJitOnRandomPatterns) {
  const std::vector<std::string> pieces = {"a", "b", "x", ".", "%a", "%d", "%s", "%w", "%W", "%p", "[ab]", "[^a]", "[a-c%d]", "[^%s]", "(", ")",
                                           "()", "%1", "%2", "%b()", "%f[%w]", "%f[^a]", "*", "+", "-", "?", "^", "$", "%", "[", "]", " ", "="};
  const std::string letters = "aabbcx01 ()=.-%]";
  std::mt19937 random(20261121);
  for (int round = 0; round < 8000 && !HasFailure(); ++round) {
    std::string subject, pattern;
    for (unsigned i = random() % 14; i > 0; --i) subject += letters[random() % letters.size()];
    for (unsigned i = random() % 7; i > 0; --i) pattern += pieces[random() % pieces.size()];
    compare_all(subject, pattern);
  }
}

TEST_F(LuaPattern, AgreesWithLuaJitOnReplacements) {
  for (const std::string text : {"", "x", "%0", "%1", "%2", "%", "x%", "%%", "%a", "%9", "%0%0", "a%1b%2"})
    for (const std::string pattern : {"b", "(b)", "(b)()", "", "()", "(b", "^a", "x"}) compare("gsub", {"abcab", pattern, text});
  for (const char* most : {"0", "1", "-1", "1.9", "100", "y"}) compare("gsub", {"aaaa", "a", "b", most});
}

TEST_F(LuaPattern, AgreesWithLuaJitOnTablesFunctionsAndWrongArguments) {
  const std::vector<std::string> calls = {
      "both('gsub', 'abc', '%w', {a = 'x', b = 7, c = false})",
      "both('gsub', 'abc', '()b', {[2] = 'X'})",
      "both('gsub', 'abc', 'b', {b = true})",
      "both('gsub', 'abc', 'b', {b = {}})",
      "both('gsub', 'abc', '(a)(b)', function(...) return select('#', ...) .. table.concat({...}, '-') end)",
      "both('gsub', 'abc', 'b', function() return print end)",
      "both('gsub', 'abc', 'b', function() end)",
      "both('gsub', 'abc', 'b', function() error('thrown', 0) end)",
      "both('gsub', 'abc', 'b', setmetatable({}, {__index = function(_, k) return k .. k end}))",
      "both('gsub', 'abc', 'b')", "both('gsub', 'abc', 'b', nil)", "both('gsub', 'abc', 'b', true)", "both('gsub', 'abc', 'b', 5)",
      "both('gsub', 12321, 2, 0)", "both('gsub', 'abc', 'b', 'x', nil)", "both('gsub', 'abc', {}, 'x')",
      "both('find')", "both('find', 'a')", "both('find', {}, 'a')", "both('find', 'a', 'a', {})", "both('find', 123, 2)",
      "both('find', 'a.b', '.', 1, true)", "both('find', 'a.b', '.', 3, true)", "both('find', 'abc', '', 10, true)",
      "both('find', 'abc', '', 10)", "both('find', 'abc', '()', 10)", "both('find', 'abc', 'b', -10)", "both('find', 'abc', 'b', 0)",
      "both('find', 'abc', 'b', nil, 0)", "both('find', 'a\\0b', '\\0b')", "both('match', 'abc', '.', 1e9)",
      "both('match')", "both('gmatch')", "both('gmatch', 'a', {})", "both('gmatch', '^a^a', '^a')", "both('gmatch', 'abc', '()(.?)')",
  };
  for (const std::string& call : calls) {
    const std::string outcome = eval("local own, bounded = " + call + " return own == bounded and 'same' or own .. ' ~= ' .. bounded");
    EXPECT_EQ(outcome, "same") << call;
  }
}

TEST_F(LuaPattern, RunawayPatternsEndAtTheCallersLine) {
  run("subject = ('a'):rep(5000)");
  for (const char* call : {"string.find(subject, '.-.-.-.-b')", "subject:match('(.*)(.*)(.*)(.*)b')", "subject:gsub('.-.-.-b', 'x')",
                           "subject:gmatch('.-.-.-b')()", "subject:find('a*a*a*a*b')"}) {
    const std::string error = eval(std::string("\n\nlocal r = ") + call + "\nreturn r");
    EXPECT_EQ(error, "error: script:3: pattern too complex (step limit reached)") << call;
  }
}

TEST_F(LuaPattern, LinearPatternsPassOnAMebibyte) {
  run("big = ('key=value; '):rep(1048576 / 11)");
  EXPECT_EQ(eval("return #big:match('^(.*)$')"), eval("return #big"));
  EXPECT_EQ(eval("return select(2, big:gsub('(%w+)=(%w+)', '%2=%1'))"), "95325");
  EXPECT_EQ(eval("return tostring(big:find('[^%w=; ]'))"), "nil");
  EXPECT_EQ(eval("return tostring(big:find('valuf'))"), "nil");
  EXPECT_EQ(eval("local n = 0 for _ in big:gmatch('%a+') do n = n + 1 end return n"), "190650");
}

TEST_F(LuaPattern, NestedTriesAreBounded) {
  EXPECT_THAT(eval("return (('a'):rep(300):match(('a?'):rep(300)))"), HasSubstr("pattern too complex"));
  EXPECT_EQ(eval("return #(('a'):rep(300):match(('a?'):rep(150)))"), "150");
}

TEST(LuaPatternMatch, GivesCapturesAndPositionsFromZero) {
  PatternBudget budget = PatternBudget::for_subject(20);
  const auto found = match("key = value", "()(%w+)$", 0, budget);
  ASSERT_TRUE(found.ok() && found.value());
  EXPECT_EQ(found.value()->begin, 6u);
  EXPECT_EQ(found.value()->end, 11u);
  ASSERT_EQ(found.value()->capture_count, 2u);
  EXPECT_EQ(found.value()->captures[0].kind, PatternCapture::Kind::position);
  EXPECT_EQ(found.value()->captures[0].begin, 6u);
  EXPECT_EQ(found.value()->captures[1].size, 5u);
}

TEST(LuaPatternMatch, NoMatchIsNoError) {
  PatternBudget budget = PatternBudget::for_subject(3);
  const auto found = match("abc", "x", 0, budget);
  ASSERT_TRUE(found.ok());
  EXPECT_FALSE(found.value());
}

TEST(LuaPatternMatch, ErrorsTellMalformedFromBounded) {
  PatternBudget budget = PatternBudget::for_subject(3);
  EXPECT_EQ(match("abc", "[", 0, budget).status().code(), Code::invalid);
  PatternBudget small{100};
  EXPECT_EQ(match(std::string(1000, 'a'), "a*b", 0, small).status().code(), Code::limit);
  EXPECT_EQ(small.steps, 0u);
}

TEST(LuaPatternMatch, LongSetsCostTheirLength) {
  const std::string set = "[" + std::string(10000, 'b') + "]*x";
  PatternBudget budget{10000};
  EXPECT_EQ(match(std::string(1000, 'b'), set, 0, budget).status().code(), Code::limit);
}

}  // namespace
}  // namespace penstock::script
