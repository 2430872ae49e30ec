#include "runtime/base/nearest_name.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

const std::vector<std::string> names = {"path", "format", "follow", "compression", "workers"};

TEST(NearestName, FindsMisspellings) {
  const std::pair<const char*, const char*> cases[] = {
      {"fromat", "format"}, {"pth", "path"}, {"PATH", "path"}, {"compresion", "compression"}, {"worker", "workers"}, {"folow", "follow"},
  };
  for (const auto& [given, meant] : cases) EXPECT_EQ(nearest_name(given, names), meant) << given;
}

TEST(NearestName, ProposesNothingThatIsFarOff) {
  for (const char* given : {"", "x", "destination", "pxyz"}) EXPECT_EQ(nearest_name(given, names), "") << given;
  EXPECT_EQ(nearest_name(std::string(1000, 'p'), names), "");
}

TEST(NearestName, TakesTheFirstOfEquals) {
  const std::string_view equals[] = {"cat", "bat"};
  EXPECT_EQ(nearest_name("hat", equals), "cat");
}

}  // namespace
}  // namespace penstock
