#include "runtime/script/script_host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <lua.hpp>

#include "runtime/script/value_lua.h"

namespace penstock::script {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Declaration declare(const std::string& text, std::map<std::string, std::string> params = {}) {
  ScriptOptions options;
  options.text = text;
  options.params = std::move(params);
  options.declare_time = std::chrono::milliseconds(1000);
  return Script(std::move(options)).declare();
}

std::vector<std::string> lines(const std::vector<Mistake>& mistakes) {
  std::vector<std::string> out;
  for (const Mistake& m : mistakes) out.push_back(m.where.text() + ": " + m.text);
  return out;
}



// tests/lua/wrong_values.lua, which gives every option of the schemas values of every kind.
class WrongValues : public testing::TestWithParam<const char*> {};

TEST_P(WrongValues, AreTakenOrToldNeverRaised) {
  ScriptOptions options;
  options.path = PENSTOCK_SOURCE_DIR "/tests/lua/wrong_values.lua";
  options.params["role"] = GetParam();
  options.unsafe = true;
  options.declare_time = std::chrono::minutes(10);
  const Declaration d = Script(std::move(options)).declare();
  ASSERT_FALSE(d.mistakes.empty());
  EXPECT_GT(d.mistakes.size(), 100u);
  EXPECT_THAT(lines(d.mistakes), testing::Contains(testing::ContainsRegex("wrong_values.lua: all of [0-9]+ values were tried$")));
  EXPECT_THAT(lines(d.mistakes), testing::Each(testing::Not(HasSubstr("[penstock"))));
}

INSTANTIATE_TEST_SUITE_P(Schemas, WrongValues, testing::Values("source", "stage", "sink", "names"), [](const auto& test) { return std::string(test.param); });

TEST(Script, DeclaresPipelineWithDefaultsFilledIn) {
  const Declaration d = declare(R"(
    p.pipeline "edge-errors" {
      p.source.file { path = "/var/log/*.ndjson", follow = false, rescan = "250ms" },
      p.filter "status >= 500",
      p.sample (0.1),
      p.fields { "a", "b.c" },
      p.transform (function(event) event.a = 1 end),
      p.sink.file { path = "out.ndjson", rotate = { size = "1MiB", every = "1h" } },
      workers = 2,
    })");
  ASSERT_THAT(lines(d.mistakes), IsEmpty());
  ASSERT_THAT(lines(d.warnings), IsEmpty());
  ASSERT_EQ(d.pipelines.size(), 1u);
  const PipelineDeclaration& pipeline = d.pipelines[0];
  EXPECT_EQ(pipeline.name, "edge-errors");
  EXPECT_EQ(pipeline.where.text(), "(command line):2");
  EXPECT_EQ(pipeline.options.integer_or("workers", 0), 2);
  EXPECT_EQ(pipeline.options.integer_or("script_time_ms", 0), 2000);
  ASSERT_EQ(pipeline.nodes.size(), 6u);
  EXPECT_EQ(pipeline.nodes[0].role, Role::source);
  EXPECT_EQ(to_text(pipeline.nodes[0].options),
            R"({ compression = "auto", files_open_max = 512, fingerprint_bytes = 256, follow = false, format = "json", from = "beginning", )"
            R"(max_event_bytes = 1048576, path = "/var/log/*.ndjson", rescan_ms = 250 })");
  EXPECT_EQ(to_text(pipeline.nodes[1].options), R"({ expression = "status >= 500" })");
  EXPECT_EQ(to_text(pipeline.nodes[2].options), "{ rate = 0.1 }");
  EXPECT_EQ(to_text(pipeline.nodes[3].options), R"({ names = { "a", "b.c" } })");
  EXPECT_EQ(pipeline.nodes[4].options["function"].function().number, 0);
  EXPECT_EQ(pipeline.nodes[4].where.line, 7);
  EXPECT_EQ(pipeline.nodes[5].role, Role::sink);
  EXPECT_EQ(pipeline.nodes[5].options.integer_or("rotate_bytes", 0), 1 << 20);
  EXPECT_EQ(pipeline.nodes[5].options.integer_or("rotate_interval_ms", 0), 3'600'000);
}

}  // namespace
}  // namespace penstock::script
