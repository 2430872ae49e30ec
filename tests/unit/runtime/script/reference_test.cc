// The generated pages in the tree are those that the schemas give. To renew them:
//   PENSTOCK_WRITE_REFERENCE=1 build/debug/tests/runtime_script_test --gtest_filter='Reference.*'
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "runtime/script/script_host.h"

namespace penstock::script {
namespace {

void expect_same(const std::string& name, const std::string& generated) {
  const std::string path = std::string(PENSTOCK_SOURCE_DIR) + "/scripts/stdlib/" + name;
  if (std::getenv("PENSTOCK_WRITE_REFERENCE")) std::ofstream(path, std::ios::binary) << generated;
  std::ifstream file(path, std::ios::binary);
  std::stringstream committed;
  committed << file.rdbuf();
  EXPECT_EQ(committed.str(), generated);
}

TEST(Reference, PageIsThatOfTheSchemas) { expect_same("REFERENCE.md", reference_markdown()); }

TEST(Reference, DefinitionsAreThoseOfTheSchemas) { expect_same("penstock/_meta/penstock.lua", lua_meta()); }

}  // namespace
}  // namespace penstock::script
