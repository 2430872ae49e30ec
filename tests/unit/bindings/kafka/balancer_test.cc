#include "bindings/kafka/balancer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace penstock::kafka {
namespace {

using Kind = BalancerOptions::Kind;
using Keys = std::vector<std::optional<ByteView>>;
using ::testing::ElementsAre;

std::vector<std::int32_t> choices(const BalancerOptions& options, const Keys& keys, std::int32_t partitions) {
  const auto balancer = make_balancer(options, 1);
  std::vector<std::int32_t> chosen;
  for (const auto& key : keys) chosen.push_back(balancer->choose(key, 0, partitions));
  return chosen;
}

std::int32_t choice(const BalancerOptions& options, std::optional<ByteView> key, std::int32_t partitions) { return choices(options, {key}, partitions).front(); }

TEST(Balancer, SendsAKeyWhereKafkaGoSendsIt) {
  struct Case {
    Kind kind;
    ByteView key;
    std::int32_t of_3, of_12;
  };
  for (const Case& c : {Case{Kind::hash, "device-7", 2, 5}, Case{Kind::hash, "eu-west-1/app", 2, 11}, Case{Kind::crc32, "device-7", 2, 8}, Case{Kind::crc32, "alpha", 1, 10},
                        Case{Kind::murmur2, "device-7", 0, 3}, Case{Kind::murmur2, "tenant-0042", 2, 5}}) {
    for (const bool consistent : {false, true}) {
      EXPECT_EQ(choice({c.kind, consistent}, c.key, 3), c.of_3) << c.key;
      EXPECT_EQ(choice({c.kind, consistent}, c.key, 12), c.of_12) << c.key;
    }
  }
}

TEST(Balancer, RoundRobinGoesInTurnByChunks) {
  const Keys eight(8, std::nullopt);
  EXPECT_THAT(choices({Kind::round_robin, false, 1}, eight, 3), ElementsAre(0, 1, 2, 0, 1, 2, 0, 1));
  EXPECT_THAT(choices({Kind::round_robin, false, 2}, eight, 3), ElementsAre(0, 0, 1, 1, 2, 2, 0, 0));
  EXPECT_THAT(choices({Kind::round_robin, false, 0}, {"k", "k", "k"}, 2), ElementsAre(0, 1, 0)) << "a chunk of 0 is one of 1, and keys do not matter";
}

TEST(Balancer, RoundRobinGoesOnWhenThePartitionsChange) {
  const auto balancer = make_balancer({Kind::round_robin, false, 3}, 1);
  std::vector<std::int32_t> chosen;
  for (int message = 0; message < 7; ++message) chosen.push_back(balancer->choose(std::nullopt, 1, message < 5 ? 4 : 2));
  EXPECT_THAT(chosen, ElementsAre(0, 0, 0, 1, 1, 1, 0));
}

TEST(Balancer, LeastBytesFillsTheEmptiest) {
  const auto balancer = make_balancer({Kind::least_bytes}, 1);
  std::vector<std::int32_t> chosen;
  chosen.push_back(balancer->choose("key", 2, 3));
  for (const std::size_t bytes : {3, 3, 1, 0, 4}) chosen.push_back(balancer->choose(std::nullopt, bytes, 3));
  EXPECT_THAT(chosen, ElementsAre(0, 1, 2, 1, 2, 2));
  EXPECT_EQ(balancer->choose(std::nullopt, 9, 4), 0) << "begins anew with another number of partitions";
  EXPECT_EQ(balancer->choose(std::nullopt, 9, 4), 1);
}

TEST(Balancer, HashTakesAbsentKeysInTurnAndHashesEmptyOnes) {
  const std::int32_t of_a = choice({Kind::hash}, "a", 3), of_empty = choice({Kind::hash}, "", 3);
  // FNV-1a of `a` is e40c292c, of nothing 811c9dc5: both negative.
  EXPECT_EQ(of_a, (0x100000000 - 0xe40c292c) % 3);
  EXPECT_EQ(of_empty, (0x100000000 - 0x811c9dc5) % 3);
  EXPECT_THAT(choices({Kind::hash}, {std::nullopt, "a", std::nullopt, std::nullopt, "", std::nullopt}, 3), ElementsAre(0, of_a, 1, 2, of_empty, 0));
}

TEST(Balancer, WithoutAKeyConsistentIsOnePartitionAndElseRandom) {
  const auto different = [](Kind kind, bool consistent, std::optional<ByteView> key) {
    const std::vector<std::int32_t> chosen = choices({kind, consistent}, Keys(200, key), 12);
    return std::set<std::int32_t>(chosen.begin(), chosen.end());
  };
  EXPECT_EQ(different(Kind::crc32, false, std::nullopt).size(), 12u);
  EXPECT_EQ(different(Kind::crc32, false, "").size(), 12u);
  EXPECT_THAT(different(Kind::crc32, true, std::nullopt), ElementsAre(0));
  EXPECT_THAT(different(Kind::crc32, true, ""), ElementsAre(0));
  EXPECT_EQ(different(Kind::murmur2, false, std::nullopt).size(), 12u);
  const std::int32_t empty = choice({Kind::murmur2, true}, "", 12);
  EXPECT_THAT(different(Kind::murmur2, false, ""), ElementsAre(empty)) << "an empty key is a key";
  EXPECT_THAT(different(Kind::murmur2, true, std::nullopt), ElementsAre(empty));
}

// From the Java client's own tests (UtilsTest.testMurmur2).
TEST(Balancer, Murmur2IsTheJavaClients) {
  struct Case {
    ByteView key;
    std::int32_t hash;
  };
  for (const Case& c : {Case{"21", -973932308}, Case{"foobar", -790332482}, Case{"a-little-bit-long-string", -985981536},
                        Case{"a-little-bit-longer-string", -1486304829}, Case{"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971}, Case{"abc", 479470107}}) {
    constexpr std::int32_t many = 1'000'003;
    EXPECT_EQ(choice({Kind::murmur2}, c.key, many), (c.hash & 0x7fffffff) % many) << c.key;
  }
}

}  // namespace
}  // namespace penstock::kafka
