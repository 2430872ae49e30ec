#include "bindings/stage/sample_stage.h"

#include <gmock/gmock.h>

#include "staged_lines.h"

namespace penstock {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> numbered(int count) {
  std::vector<std::string> lines;
  for (int i = 0; i < count; ++i) lines.push_back("{\"n\":" + std::to_string(i) + ",\"key\":\"k" + std::to_string(i % 100) + "\"}");
  return lines;
}

std::vector<std::string> sampled(ValueMap options, const std::vector<std::string>& lines, int worker = 0) {
  StagedLines run(worker);
  run.then(made(make_sample_stage, std::move(options)));
  return run.run(lines).events;
}

TEST(SampleStage, KeepsAllAtRateOne) { EXPECT_EQ(sampled({{"rate", 1}}, numbered(500)).size(), 500u); }

TEST(SampleStage, KeepsAboutItsShare) {
  // 20,000 draws at 0.1: five standard deviations are 212.
  EXPECT_NEAR(static_cast<double>(sampled({{"rate", 0.1}}, numbered(20000)).size()), 2000, 212);
  EXPECT_NEAR(static_cast<double>(sampled({{"rate", 0.1}, {"seed", 1}}, numbered(20000)).size()), 2000, 212);
}

TEST(SampleStage, RepeatsWithASeed) {
  const auto lines = numbered(1000);
  EXPECT_EQ(sampled({{"rate", 0.5}, {"seed", 7}}, lines), sampled({{"rate", 0.5}, {"seed", 7}}, lines));
  EXPECT_NE(sampled({{"rate", 0.5}, {"seed", 7}}, lines), sampled({{"rate", 0.5}, {"seed", 8}}, lines));
}

TEST(SampleStage, WorkersOfOneSeedChooseDifferently) {
  EXPECT_NE(sampled({{"rate", 0.5}, {"seed", 7}}, numbered(200), 0), sampled({{"rate", 0.5}, {"seed", 7}}, numbered(200), 1));
}

TEST(SampleStage, WithoutASeedRunsDiffer) { EXPECT_NE(sampled({{"rate", 0.5}}, numbered(200)), sampled({{"rate", 0.5}}, numbered(200))); }

TEST(SampleStage, KeepsOrDropsAllEventsOfAKey) {
  std::vector<std::string> lines;
  for (int i = 0; i < 100; ++i)
    for (int copy = 0; copy < 3; ++copy) lines.push_back("{\"key\":\"k" + std::to_string(i) + "\"}");
  const auto kept = sampled({{"rate", 0.5}, {"key", "key"}}, lines);
  ASSERT_EQ(kept.size() % 3, 0u);
  EXPECT_GT(kept.size(), 60u);
  EXPECT_LT(kept.size(), 240u);
  for (std::size_t i = 0; i < kept.size(); i += 3) EXPECT_EQ(kept[i], kept[i + 2]);
}

TEST(SampleStage, KeyChoiceIsTheSameEverywhereAndForEver) {
  // XXH64 with seed 0, as its test vectors have it: "" ef46db3751d8e999, "a" d24ec4f1a98c6e5b, "abc" 44bc2cf5ad770999.
  struct Case {
    const char* line;
    double dropped_at;
    double kept_at;
  };
  const Case cases[] = {{R"({"k":"abc"})", 0.268, 0.269}, {R"({"k":"a"})", 0.821, 0.822}, {R"({"x":1})", 0.934, 0.935}};
  for (const Case& c : cases) {
    for (const int worker : {0, 5}) {
      EXPECT_THAT(sampled({{"rate", c.dropped_at}, {"key", "k"}}, {c.line}, worker), IsEmpty()) << c.line;
      EXPECT_THAT(sampled({{"rate", c.kept_at}, {"key", "k"}}, {c.line}, worker), ElementsAre(c.line));
    }
  }
}

TEST(SampleStage, AHigherRateKeepsWhatALowerOneKept) {
  const auto low = sampled({{"rate", 0.2}, {"key", "n"}}, numbered(500));
  EXPECT_EQ(sampled({{"rate", 0.6}, {"key", "n"}}, low), low);
}

TEST(SampleStage, KeysAreComparedUnescaped) {
  for (int i = 0; i < 20; ++i) {
    const std::string letter(1, static_cast<char>('a' + i));
    char escaped[8];
    std::snprintf(escaped, sizeof escaped, "\\u%04x", 'a' + i);
    const auto kept = sampled({{"rate", 0.5}, {"key", "k"}}, {"{\"k\":\"" + letter + "\"}", std::string("{\"k\":\"") + escaped + "\"}"});
    EXPECT_NE(kept.size(), 1u) << letter;
  }
}

TEST(SampleStage, EventsWithoutTheKeyAreOneKey) {
  const auto kept = sampled({{"rate", 0.5}, {"key", "k"}}, {R"({"a":1})", R"({"k":""})", R"({"a":2})"});
  EXPECT_TRUE(kept.empty() || kept.size() == 3) << kept.size();
}

TEST(SampleStage, WritesTheRate) {
  EXPECT_THAT(sampled({{"rate", 1}, {"add_rate", "sample_rate"}}, {R"({"a":1})"}), ElementsAre(R"({"a":1,"sample_rate":1})"));
  const auto kept = sampled({{"rate", 0.25}, {"seed", 1}, {"add_rate", "sample_rate"}}, numbered(100));
  ASSERT_FALSE(kept.empty());
  for (const std::string& event : kept) EXPECT_THAT(event, HasSubstr("\"sample_rate\":0.25}"));
}

TEST(SampleStage, MultipliesTheRateThatAnEarlierSamplingLeft) {
  const auto rate_of = [](const std::string& event) { return sampled({{"rate", 0.5}, {"key", "k"}, {"seed", 5}, {"add_rate", "r"}}, {event}); };
  EXPECT_THAT(rate_of(R"({"r":0.25})"), ElementsAre(R"({"r":0.125})"));
  EXPECT_THAT(rate_of(R"({"r":1})"), ElementsAre(R"({"r":0.5})"));
  for (const char* no_rate : {"0", "-0.5", "2", "1e400", "\"0.5\"", "null"})
    EXPECT_THAT(rate_of(std::string("{\"r\":") + no_rate + "}"), ElementsAre(R"({"r":0.5})")) << no_rate;
}

TEST(SampleStage, CountsWhatItDropsAsSampledOut) {
  EXPECT_EQ((*made(make_sample_stage, {{"rate", 0.5}}))->drop_count(), DropCount::sampled_out);
}

TEST(SampleStage, RefusesRatesOutOfRange) {
  for (const Value& rate : {Value(0), Value(-0.1), Value(1.01), Value("0.1"), Value()})
    EXPECT_THAT(refusal(make_sample_stage, {{"rate", rate}}), HasSubstr("rate must be a number above 0 and up to 1")) << to_text(rate);
  EXPECT_THAT(refusal(make_sample_stage, {{"rate", 0.1}, {"key", "a..b"}}), HasSubstr("sample: path 'a..b'"));
}

TEST(SampleStage, DescribesItself) {
  auto plan = made(make_sample_stage, {{"rate", 0.1}, {"key", "ClientIP"}, {"seed", 3}, {"add_rate", "rate"}});
  EXPECT_EQ((*plan)->describe(), "sample 0.1 by ClientIP, seed 3, rate into rate");
  EXPECT_THAT((*plan)->reads(), ElementsAre("ClientIP", "rate"));
  EXPECT_THAT((*plan)->writes(), ElementsAre("rate"));
}

}  // namespace
}  // namespace penstock
