#include "runtime/delivery/memory_checkpoints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Checkpoint checkpoint(const std::string& pipeline, const std::string& source, const std::string& stream, std::uint64_t position) {
  return {pipeline, source, stream, stream, position, {}};
}

std::vector<std::uint64_t> positions(MemoryCheckpoints& store, const std::string& pipeline, const std::string& source) {
  std::vector<std::uint64_t> out;
  for (const Checkpoint& each : store.list(pipeline, source)) out.push_back(each.position);
  return out;
}

TEST(MemoryCheckpoints, ListsTheStreamsOfOneSourceOfOnePipeline) {
  MemoryCheckpoints store;
  store.put(checkpoint("a", "0:file", "one", 1));
  store.put(checkpoint("a", "0:file", "two", 2));
  store.put(checkpoint("a", "1:file", "one", 3));
  store.put(checkpoint("ab", "0:file", "one", 4));
  EXPECT_THAT(positions(store, "a", "0:file"), ElementsAre(1u, 2u));
  EXPECT_THAT(positions(store, "ab", "0:file"), ElementsAre(4u));
  EXPECT_THAT(positions(store, "b", "0:file"), IsEmpty());
}

TEST(MemoryCheckpoints, KeepsTheLatestAndForgets) {
  MemoryCheckpoints store;
  store.put(checkpoint("a", "0:file", "one", 1));
  store.put(checkpoint("a", "0:file", "one", 7));
  EXPECT_THAT(positions(store, "a", "0:file"), ElementsAre(7u));
  store.forget("a", "0:file", "one");
  EXPECT_THAT(positions(store, "a", "0:file"), IsEmpty());
}

}  // namespace
}  // namespace penstock
