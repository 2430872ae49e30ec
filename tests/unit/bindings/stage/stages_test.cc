#include "bindings/stage/stages.h"

#include <gmock/gmock.h>

namespace penstock {
namespace {

TEST(Stages, AreAllListed) {
  Components components;
  add_stages(components);
  std::vector<std::string> names;
  for (const auto& [name, factory] : components.stages) {
    names.push_back(name);
    EXPECT_TRUE(factory) << name;
  }
  EXPECT_THAT(names, testing::ElementsAre("custom_fields", "fields", "filter", "parse", "redact", "remove", "rename", "sample", "set"));
}

}  // namespace
}  // namespace penstock
