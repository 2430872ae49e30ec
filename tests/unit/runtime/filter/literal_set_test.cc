#include "runtime/filter/literal_set.h"

#include <gtest/gtest.h>

namespace penstock::filter {
namespace {

using Kind = Literal::Kind;

TEST(LiteralSet, FindsTextsByBytesAndNumbersByValue) {
  const std::vector<Literal> literals = {{Kind::string, "GET"}, {Kind::string, ""},    {Kind::string, "5e2"},
                                         {Kind::number, "200"}, {Kind::number, "1e3"}, {Kind::number, "0.5"}};
  const LiteralSet set(literals);
  for (const char* text : {"GET", "", "5e2", "200", "200.0", "1000", "1e3", "0.50", "5e-1"}) EXPECT_TRUE(set.contains_text(text)) << text;
  for (const char* text : {"get", "POST", "500", "0200", "1001", "0.51", "x", "-200"}) EXPECT_FALSE(set.contains_text(text)) << text;
  EXPECT_FALSE(set.contains_null());
  EXPECT_FALSE(set.contains_boolean(true));
}

TEST(LiteralSet, KnowsNullAndBooleans) {
  const LiteralSet set({{Kind::null, ""}, {Kind::boolean_false, ""}});
  EXPECT_TRUE(set.contains_null());
  EXPECT_TRUE(set.contains_boolean(false));
  EXPECT_FALSE(set.contains_boolean(true));
  EXPECT_FALSE(set.contains_text("null"));
  EXPECT_FALSE(set.contains_text(""));
}

TEST(LiteralSet, HoldsLongLists) {
  std::vector<Literal> literals;
  for (int i = 0; i < 10'000; ++i) {
    literals.push_back({Kind::string, "name-" + std::to_string(i)});
    literals.push_back({Kind::number, std::to_string(i * 2)});
  }
  const LiteralSet set(literals);
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_TRUE(set.contains_text("name-" + std::to_string(i)));
    EXPECT_FALSE(set.contains_text("name-" + std::to_string(i + 10'000)));
    EXPECT_TRUE(set.contains_text(std::to_string(i * 2) + ".0"));
    EXPECT_FALSE(set.contains_text(std::to_string(i * 2 + 1)));
  }
}

}  // namespace
}  // namespace penstock::filter
