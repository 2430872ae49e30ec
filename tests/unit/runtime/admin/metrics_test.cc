#include "runtime/admin/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "runtime/admin/exposition.h"

namespace penstock::admin {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// What the exposition format asks of a text: reads it as a scraper would, and collects what is wrong.
class Scraper {
 public:
  explicit Scraper(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) take(line);
    if (!text.ends_with('\n')) wrong.push_back("the last line has no end");
  }

  double value(const std::string& sample) const {
    const auto found = samples.find(sample);
    return found == samples.end() ? -1 : found->second;
  }

  std::map<std::string, double> samples;
  std::map<std::string, std::string> types;
  std::vector<std::string> wrong;

 private:
  void take(const std::string& line) {
    static const std::regex help(R"(# HELP ([a-z_]+) (\S.*\.))");
    static const std::regex type(R"(# TYPE ([a-z_]+) (counter|gauge|histogram))");
    static const std::regex sample(R"re(([a-z_]+)(\{([a-z_]+="([^"\\]|\\["\\n])*"(,|(?=\})))+\})? (\S+))re");
    std::smatch part;
    if (std::regex_match(line, part, help)) {
      metric_ = part[1];
      if (!seen_.insert(metric_).second) wrong.push_back("twice: " + metric_);
    } else if (std::regex_match(line, part, type)) {
      if (part[1] != metric_) wrong.push_back("a type without its help: " + line);
      types[metric_] = part[2];
    } else if (std::regex_match(line, part, sample)) {
      take_sample(part[1], part.str(1) + part.str(2), part[6]);
    } else {
      wrong.push_back("not understood: " + line);
    }
  }
  void take_sample(const std::string& name, const std::string& key, const std::string& number) {
    const bool part_of_histogram = types[metric_] == "histogram" && name.starts_with(metric_);
    if (name != metric_ && !part_of_histogram) wrong.push_back("outside of its metric: " + name);
    if ((types[metric_] == "counter") != metric_.ends_with("_total")) wrong.push_back("counters end in _total, others do not: " + metric_);
    if (!samples.emplace(key, std::stod(number)).second) wrong.push_back("a sample twice: " + key);
  }

  std::string metric_;
  std::set<std::string> seen_;
};

Snapshot snapshot() {
  Snapshot out;
  out.process.version = "1.2.3";
  out.process.workers = {{4096, std::chrono::milliseconds(1500)}, {8192, std::chrono::milliseconds(0)}};
  out.process.checkpoint_age = std::chrono::milliseconds(250);
  PipelineStatus pipeline;
  pipeline.name = "edge";
  pipeline.state = PipelineState::running;
  pipeline.totals.read = 10;
  pipeline.totals.delivered = 7;
  pipeline.in_flight = 3;
  pipeline.stages = {{"0:filter", false, 10, 9, 0}, {"1:transform", true, 9, 9, 1'500'000'000}};
  SinkStatus sink;
  sink.name = "0:http";
  sink.state = SinkState::retrying;
  sink.transient_failures = 2;
  sink.latency_us.counts[10] = 4;  // up to 1024 microseconds
  sink.latency_us.counts[40] = 1;
  sink.latency_us.sum = 5'000'000;
  pipeline.sinks.push_back(sink);
  out.pipelines.push_back(pipeline);
  return out;
}

TEST(Metrics, AreWhatAScraperReads) {
  const Scraper scraped(metrics_text(snapshot()));
  EXPECT_THAT(scraped.wrong, IsEmpty());
  EXPECT_EQ(scraped.value("penstock_build_info{version=\"1.2.3\",compiler=\"\"}"), 1);
  EXPECT_EQ(scraped.value("penstock_pipeline_read_events_total{pipeline=\"edge\"}"), 10);
  EXPECT_EQ(scraped.value("penstock_pipeline_in_flight_events{pipeline=\"edge\"}"), 3);
  EXPECT_EQ(scraped.value("penstock_pipeline_unaccounted_events{pipeline=\"edge\"}"), 0);
  EXPECT_EQ(scraped.value("penstock_pipeline_state{pipeline=\"edge\",state=\"running\"}"), 1);
  EXPECT_EQ(scraped.value("penstock_pipeline_state{pipeline=\"edge\",state=\"failed\"}"), 0);
  EXPECT_EQ(scraped.value("penstock_stage_out_events_total{pipeline=\"edge\",stage=\"0:filter\"}"), 9);
  EXPECT_EQ(scraped.value("penstock_stage_lua_seconds_total{pipeline=\"edge\",stage=\"1:transform\"}"), 1.5);
  EXPECT_EQ(scraped.value("penstock_sink_failures_total{pipeline=\"edge\",sink=\"0:http\",kind=\"transient\"}"), 2);
  EXPECT_EQ(scraped.value("penstock_sink_state{pipeline=\"edge\",sink=\"0:http\",state=\"retrying\"}"), 1);
  EXPECT_EQ(scraped.value("penstock_worker_lua_memory_bytes{worker=\"1\"}"), 8192);
  EXPECT_EQ(scraped.value("penstock_worker_silence_seconds{worker=\"0\"}"), 1.5);
  EXPECT_EQ(scraped.value("penstock_checkpoint_age_seconds"), 0.25);
}

TEST(Metrics, NativeStagesHaveNoTimeInLua) {
  EXPECT_THAT(metrics_text(snapshot()), Not(HasSubstr("penstock_stage_lua_seconds_total{pipeline=\"edge\",stage=\"0:filter\"}")));
}

TEST(Metrics, HistogramsAreCumulativeAndInBaseUnits) {
  const Scraper scraped(metrics_text(snapshot()));
  const std::string labels = "{pipeline=\"edge\",sink=\"0:http\"";
  const std::string name = "penstock_sink_request_duration_seconds";
  EXPECT_EQ(scraped.value(name + "_bucket" + labels + ",le=\"0.000512\"}"), 0);
  EXPECT_EQ(scraped.value(name + "_bucket" + labels + ",le=\"0.001024\"}"), 4);
  EXPECT_EQ(scraped.value(name + "_bucket" + labels + ",le=\"134.217728\"}"), 4);
  EXPECT_EQ(scraped.value(name + "_bucket" + labels + ",le=\"+Inf\"}"), 5);
  EXPECT_EQ(scraped.value(name + "_count" + labels + "}"), 5);
  EXPECT_EQ(scraped.value(name + "_sum" + labels + "}"), 5);
}

TEST(Metrics, WhatComponentsHaveOfTheirOwnStandsTogetherByName) {
  Snapshot with_own = snapshot();
  const auto up = [](const char* broker, double value) {
    return OwnMetric{"penstock_kafka_broker_up", OwnMetric::Type::gauge, "Connected.", {{"broker", broker}}, value};
  };
  const OwnMetric sent{"penstock_kafka_sent_messages_total", OwnMetric::Type::counter, "Sent.", {}, 5};
  PipelineStatus& pipeline = with_own.pipelines.front();
  pipeline.sinks.front().own = {{0, {up("a:1", 1), sent, up("b:1", 0)}}, {1, {up("a:1", 0)}}};
  pipeline.sources.push_back({.name = "0:kafka", .type = "kafka", .place = "", .description = "", .delivery_class = "", .own = {{1, {up("c:1", 1)}}}});
  const Scraper scraped(metrics_text(with_own));
  EXPECT_THAT(scraped.wrong, IsEmpty());
  EXPECT_EQ(scraped.value("penstock_kafka_broker_up{pipeline=\"edge\",sink=\"0:http\",worker=\"0\",broker=\"b:1\"}"), 0);
  EXPECT_EQ(scraped.value("penstock_kafka_broker_up{pipeline=\"edge\",sink=\"0:http\",worker=\"1\",broker=\"a:1\"}"), 0);
  EXPECT_EQ(scraped.value("penstock_kafka_broker_up{pipeline=\"edge\",source=\"0:kafka\",worker=\"1\",broker=\"c:1\"}"), 1);
  EXPECT_EQ(scraped.value("penstock_kafka_sent_messages_total{pipeline=\"edge\",sink=\"0:http\",worker=\"0\"}"), 5);
}

TEST(Metrics, NoPipelinesIsAWholeTextToo) { EXPECT_THAT(Scraper(metrics_text(Snapshot())).wrong, IsEmpty()); }

TEST(Exposition, EscapesLabelsAndHelp) {
  Exposition out;
  out.metric("m", "gauge", "a\\b\nc \"d\".");
  out.sample({{"l", "a\\b\n\"c\""}}, std::uint64_t{1});
  EXPECT_EQ(out.take(), "# HELP m a\\\\b\\nc \"d\".\n# TYPE m gauge\nm{l=\"a\\\\b\\n\\\"c\\\"\"} 1\n");
}

struct Number {
  double value;
  const char* text;
};

class NumberText : public ::testing::TestWithParam<Number> {};
TEST_P(NumberText, ReadsBackAsItself) { EXPECT_EQ(number_text(GetParam().value), GetParam().text); }
INSTANTIATE_TEST_SUITE_P(Numbers, NumberText,
                         ::testing::Values(Number{0, "0"}, Number{0.001024, "0.001024"}, Number{1e300, "1e+300"}, Number{-2.5, "-2.5"},
                                           Number{1.0 / 0.0, "+Inf"}, Number{-1.0 / 0.0, "-Inf"}));

}  // namespace
}  // namespace penstock::admin
