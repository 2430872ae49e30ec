#include "bindings/source/generate_source.h"

#include <algorithm>

#include "tests/unit/bindings/source/source_bench.h"

namespace penstock {
namespace {

using namespace penstock::testing;
using Lines = std::vector<std::string>;

Lines generate(ValueMap options, int workers = 1) {
  const auto plan = make_generate_source(Value(std::move(options)), plan_context(workers)).value();
  Lines out;
  for (int worker = 0; worker < workers; ++worker) {
    SourceBench bench(nullptr, worker, workers);
    const auto source = plan->open(bench);
    EXPECT_TRUE(source->start().ok());
    bench.settle();
    bench.pass(100);
    EXPECT_EQ(bench.finished, 1);
    for (std::string& line : bench.lines()) out.push_back(std::move(line));
  }
  return out;
}

TEST(GenerateSource, CountIsExactForAnyNumberOfWorkers) {
  Lines alone = generate({{"count", Value(1000)}});
  Lines shared = generate({{"count", Value(1000)}}, 3);
  EXPECT_EQ(alone.size(), 1000u);
  std::sort(alone.begin(), alone.end());
  std::sort(shared.begin(), shared.end());
  EXPECT_EQ(alone, shared);
}

TEST(GenerateSource, SeedDecidesTheBytes) {
  EXPECT_EQ(generate({{"count", Value(50)}, {"seed", Value(7)}}), generate({{"count", Value(50)}, {"seed", Value(7)}}));
  EXPECT_NE(generate({{"count", Value(50)}, {"seed", Value(7)}}), generate({{"count", Value(50)}, {"seed", Value(8)}}));
}

TEST(GenerateSource, TemplatesLookLikeTheirFormats) {
  const struct {
    const char* name;
    const char* begin;
    const char* part;
  } cases[] = {
      {"access", R"({"EdgeStartTimestamp":"2026-01-01T00:00:00.000Z","ClientIP":")", R"("EdgeResponseStatusCode":)"},
      {"nginx", "", " - - [01/Jan/2026:00:00:00 +0000] \""},
      {"syslog", "<", ">1 2026-01-01T00:00:00.000Z host-"},
  };
  for (const auto& c : cases) {
    const Lines lines = generate({{"count", Value(1)}, {"template", Value(c.name)}});
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_EQ(lines[0].rfind(c.begin, 0), 0u) << lines[0];
    EXPECT_NE(lines[0].find(c.part), std::string::npos) << lines[0];
  }
}

TEST(GenerateSource, OwnLinesComeInTurn) {
  EXPECT_EQ(generate({{"count", Value(3)}, {"template", Value(ValueList{Value("a"), Value("b")})}}), (Lines{"a", "b", "a"}));
  EXPECT_EQ(generate({{"count", Value(2)}, {"template", Value("only")}}), (Lines{"only", "only"}));
}

TEST(GenerateSource, OwnLinesMayBeLongerThanTheRoom) {
  const std::string line(200'000, 'x');
  EXPECT_EQ(generate({{"count", Value(2)}, {"template", Value(line)}}), (Lines{line, line}));
}

TEST(GenerateSource, RateIsKept) {
  const auto plan = make_generate_source(Value(ValueMap{{"rate", Value(100)}}), plan_context()).value();
  EXPECT_FALSE(plan->finite());
  SourceBench bench;
  const auto source = plan->open(bench);
  ASSERT_TRUE(source->start().ok());
  bench.pass(2000);
  EXPECT_NEAR(static_cast<double>(bench.lines().size()), 200, 2);
  EXPECT_FALSE(bench.clock.busy());
  source->stop();
  bench.pass(1000);
  EXPECT_NEAR(static_cast<double>(bench.lines().size()), 200, 2);
}

TEST(GenerateSource, WaitsWhileBlocked) {
  const auto plan = make_generate_source(Value(ValueMap{{"count", Value(100)}}), plan_context()).value();
  SourceBench bench;
  bench.blocked = true;
  const auto source = plan->open(bench);
  ASSERT_TRUE(source->start().ok());
  bench.settle();
  EXPECT_TRUE(bench.lines().empty());
  bench.blocked = false;
  source->resume();
  bench.settle();
  EXPECT_EQ(bench.lines().size(), 100u);
}

TEST(GenerateSource, WrongOptionsAreRefused) {
  const ValueMap cases[] = {{{"count", Value(-1)}}, {{"rate", Value(-0.5)}}, {{"template", Value("")}}};
  for (const ValueMap& options : cases)
    EXPECT_FALSE(make_generate_source(Value(options), plan_context()).ok()) << to_text(Value(options));
}

}  // namespace
}  // namespace penstock
