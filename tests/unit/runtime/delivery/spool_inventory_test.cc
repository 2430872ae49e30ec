#include "runtime/delivery/spool_inventory.h"

#include <gtest/gtest.h>

#include "tests/unit/runtime/delivery/queue_world.h"

namespace penstock::testing {
namespace {

class SpoolInventory : public ::testing::Test {
 protected:
  // A package of two events in the spool of a sink.
  std::string store(const std::string& pipeline, const std::string& sink) {
    SpoolDirectory directory(spool_path(folder.path(""), pipeline, sink), real_file_system());
    EXPECT_TRUE(directory.make().ok());
    const std::atomic<bool> cancelled{false};
    const SpoolName name{{1795255200123, ++sequence, 0, 0}, 2};
    EXPECT_TRUE(directory.write(name, package_of({"a", "b"}, nullptr), cancelled).ok());
    return directory.path() + "/" + to_file_name(name);
  }
  std::string state() const { return folder.path(""); }

  TemporaryFolder folder;
  std::uint32_t sequence = 0;
};

TEST_F(SpoolInventory, AStateWithoutSpoolsHasNone) { EXPECT_TRUE(list_spools(state()).empty()); }

TEST_F(SpoolInventory, TellsWhatWaitsByPipelineAndSink) {
  store("edge errors", "0:http");
  store("edge errors", "0:http");
  store("shop", "archive");
  const auto spools = list_spools(state());
  ASSERT_EQ(spools.size(), 2u);
  EXPECT_EQ(spools[0].pipeline, "edge errors");
  EXPECT_EQ(spools[0].sink, "0:http");
  EXPECT_EQ(spools[0].files, 2u);
  EXPECT_EQ(spools[0].events, 4u);
  EXPECT_GT(spools[0].bytes, 200u);
  EXPECT_EQ(spools[1].sink, "archive");
}

TEST_F(SpoolInventory, CheckReadsEachPackage) {
  const std::string path = store("edge", "archive");
  store("edge", "archive");
  EXPECT_TRUE(check_spools(state())[0].problems.empty());
  std::filesystem::resize_file(path, 100);
  const auto spools = check_spools(state());
  ASSERT_EQ(spools[0].problems.size(), 1u);
  EXPECT_NE(spools[0].problems[0].find(path), std::string::npos);
  EXPECT_TRUE(list_spools(state())[0].problems.empty());
}

TEST_F(SpoolInventory, NamesTheSpoolsThatNobodyTakes) {
  store("edge", "archive");
  store("edge", "0:http");
  const auto left = left_behind_spools(state(), {{"edge", "archive"}});
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].sink, "0:http");
}

}  // namespace
}  // namespace penstock::testing
