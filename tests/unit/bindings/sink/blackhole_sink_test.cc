#include "bindings/sink/blackhole_sink.h"

#include "bindings/sink/sinks.h"
#include "tests/unit/bindings/sink/sink_world.h"

namespace penstock {
namespace {

using namespace testing;

class BlackholeSink : public ::testing::Test, public SinkWorld {};

TEST_F(BlackholeSink, DeliversAtOnceWithAndWithoutEncoding) {
  for (const bool encode : {false, true}) {
    plan = std::move(*make_blackhole_sink(Value(ValueMap{{"encode", encode}}), context));
    sinks.clear();
    ASSERT_TRUE(open_worker().ok());
    take({"a", "b"});
    EXPECT_EQ(acks.delivered(), taken);
    EXPECT_TRUE(sinks[0]->idle());
    sinks[0]->close();
  }
}

TEST_F(BlackholeSink, AnUnknownFormatIsSaid) {
  EXPECT_FALSE(make_blackhole_sink(Value(ValueMap{{"encode", true}, {"format", "x"}}), context).ok());
}

TEST(LocalSinks, AreRowsOfTheList) {
  Components components;
  add_local_sinks(components);
  std::vector<std::string> names;
  for (const auto& [name, factory] : components.sinks) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"blackhole", "file", "http", "stdout", "syslog", "tcp"}));
}

}  // namespace
}  // namespace penstock
