#include "bindings/object/object_catalog.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/unit/bindings/source/source_bench.h"

namespace penstock::object {
namespace {

using std::chrono::hours;
using Time = ObjectCatalog::Time;

// A bucket that is walked and read in the test's words. Times are hours.
class ObjectCatalogTest : public ::testing::Test {
 protected:
  static Time at(int hour) { return Time(hours(400'000 + hour)); }
  ListedObject object(const std::string& key, int hour, const std::string& etag = "e") { return {key, etag, 10, at(hour)}; }

  std::unique_ptr<ObjectCatalog> open(int workers = 1, const std::string& selection = "all") {
    auto catalog = std::make_unique<ObjectCatalog>(ObjectCatalog::Options{"s3://logs/", selection, hours(24), workers, known_max_});
    catalog->load(&checkpoints_, "edge", "0:s3");
    return catalog;
  }
  // A whole walk over these at that hour. Returns the keys that are taken.
  static void walk(ObjectCatalog& catalog, const std::vector<ListedObject>& objects, int hour, bool whole = true) {
    catalog.begin_walk(at(hour), whole);
    for (const ListedObject& one : objects) catalog.offer(one);
    catalog.end_walk();
  }
  // Takes what waits and reads it to its end.
  static std::vector<std::string> read_all(ObjectCatalog& catalog) {
    std::vector<std::string> keys;
    while (const std::optional<ObjectTask> task = catalog.take(0)) {
      keys.push_back(task->object.key);
      catalog.rest(0);
      catalog.done(task->object.key, 10);
    }
    catalog.advance();
    return keys;
  }
  using Keys = std::vector<std::string>;

  std::size_t known_max_ = 1'000'000;
  testing::MemoryCheckpoints checkpoints_;
};

TEST_F(ObjectCatalogTest, EveryObjectIsTakenOnce) {
  const auto catalog = open();
  walk(*catalog, {object("a", 0), object("b", 99)}, 100);
  EXPECT_EQ(read_all(*catalog), (Keys{"a", "b"}));
  EXPECT_TRUE(catalog->exhausted());
  walk(*catalog, {object("a", 0), object("b", 99)}, 101);
  EXPECT_EQ(read_all(*catalog), Keys{});
}

TEST_F(ObjectCatalogTest, AKeyBeforeThoseThatAreReadIsFound) {
  const auto catalog = open();
  walk(*catalog, {object("m", 99), object("z", 99)}, 100);
  read_all(*catalog);
  walk(*catalog, {object("a", 100), object("m", 99), object("z", 99)}, 101);
  EXPECT_EQ(read_all(*catalog), (Keys{"a"}));
}

TEST_F(ObjectCatalogTest, AnOverwrittenObjectIsAnotherOne) {
  const auto catalog = open();
  walk(*catalog, {object("a", 99)}, 100);
  read_all(*catalog);
  walk(*catalog, {object("a", 100, "e2")}, 101);
  EXPECT_EQ(read_all(*catalog), (Keys{"a"}));
}

TEST_F(ObjectCatalogTest, OldObjectsNeedNoRecords) {
  const auto catalog = open();
  walk(*catalog, {object("a", 0), object("b", 1), object("c", 99)}, 100);
  read_all(*catalog);
  EXPECT_EQ(catalog->records(), 1u);  // c is younger than the lookback
  EXPECT_EQ(checkpoints_.kept.size(), 2u);
  walk(*catalog, {object("a", 0), object("b", 1), object("c", 99)}, 200);
  EXPECT_EQ(read_all(*catalog), Keys{});
  EXPECT_EQ(catalog->records(), 0u);
}

TEST_F(ObjectCatalogTest, ARestartKnowsWhatWasRead) {
  {
    const auto catalog = open();
    walk(*catalog, {object("a", 0), object("b", 99)}, 100);
    read_all(*catalog);
  }
  const auto catalog = open();
  walk(*catalog, {object("a", 0), object("b", 99), object("c", 100)}, 101);
  EXPECT_EQ(read_all(*catalog), (Keys{"c"}));
}

TEST_F(ObjectCatalogTest, ARestartInTheMiddleOfABackfillGoesOnThere) {
  const std::vector<ListedObject> list{object("a", 3), object("b", 2), object("c", 1), object("d", 0)};
  {
    const auto catalog = open();
    walk(*catalog, list, 100);
    for (const char* key : {"a", "b"}) {
      catalog->take(0);
      catalog->rest(0);
      catalog->done(key, 10);
    }
    catalog->advance();
    EXPECT_EQ(catalog->records(), 2u);  // those that are not read
  }
  const auto catalog = open();
  walk(*catalog, list, 101);
  EXPECT_EQ(read_all(*catalog), (Keys{"c", "d"}));
}

TEST_F(ObjectCatalogTest, WhatWasReadOutOfOrderIsRemembered) {
  const std::vector<ListedObject> list{object("a", 3), object("b", 2), object("c", 1)};
  {
    const auto catalog = open(3);
    walk(*catalog, list, 100);
    for (int worker = 0; worker < 3; ++worker) catalog->take(worker);
    catalog->done("c", 10);
    catalog->acked("a", 7);
    catalog->advance();
  }
  const auto catalog = open();
  walk(*catalog, list, 101);
  const auto first = catalog->take(0);
  EXPECT_EQ(first->object.key, "a");
  EXPECT_EQ(first->position, 7u);
  catalog->rest(0);
  catalog->done("a", 10);
  EXPECT_EQ(read_all(*catalog), (Keys{"b"}));
}

TEST_F(ObjectCatalogTest, AHalfReadObjectThatChangedIsReadFromItsStartAndTold) {
  {
    const auto catalog = open();
    walk(*catalog, {object("a", 99), object("b", 99)}, 100);
    for (const char* key : {"a", "b"}) {
      catalog->take(0);
      catalog->rest(0);
      catalog->acked(key, 5);
    }
  }
  const auto catalog = open();
  walk(*catalog, {object("a", 100, "e2")}, 101);
  const auto lost = catalog->take_lost();
  ASSERT_EQ(lost.size(), 2u);
  EXPECT_EQ(lost[0].key, "a");
  EXPECT_TRUE(lost[0].overwritten);
  EXPECT_EQ(lost[1].key, "b");
  EXPECT_FALSE(lost[1].overwritten);
  EXPECT_EQ(catalog->take(0)->position, 0u);
  EXPECT_TRUE(catalog->take_lost().empty());
}

TEST_F(ObjectCatalogTest, ARestartWithinASecondOfTheFloorReadsNothingTwice) {
  const ListedObject one = object("a", 0);
  {
    const auto catalog = open();
    catalog->begin_walk(one.modified + hours(24) + std::chrono::milliseconds(900), true);
    catalog->offer(one);
    catalog->end_walk();
    EXPECT_EQ(read_all(*catalog), (Keys{"a"}));
  }
  const auto catalog = open();
  walk(*catalog, {one}, 50);
  EXPECT_EQ(read_all(*catalog), Keys{});
}

TEST_F(ObjectCatalogTest, AVersionThatCameWhileItWasReadIsKnownAsRead) {
  const auto catalog = open();
  walk(*catalog, {object("a", 98), object("b", 98, "as the list writes it")}, 100);
  for (const char* key : {"a", "b"}) {
    catalog->take(0);
    catalog->rest(0);
    catalog->replaced(key);
  }
  catalog->identified(object("a", 99, "e2"));
  catalog->identified(object("b", 98, "as the object has it"));
  catalog->done("a", 10);
  catalog->done("b", 10);
  walk(*catalog, {object("a", 99, "e2"), object("b", 98, "as the list writes it")}, 101);
  EXPECT_EQ(read_all(*catalog), Keys{});
}

TEST_F(ObjectCatalogTest, AnotherSelectionKeepsRecordsButNoFloor) {
  {
    const auto catalog = open();
    walk(*catalog, {object("a", 0), object("b", 99)}, 100);
    read_all(*catalog);
  }
  const auto catalog = open(1, "other");
  walk(*catalog, {object("a", 0), object("b", 99)}, 101);
  EXPECT_EQ(read_all(*catalog), (Keys{"a"}));
}

TEST_F(ObjectCatalogTest, AQuickWalkEndsNoPass) {
  const auto catalog = open();
  walk(*catalog, {object("a", 0)}, 100);
  read_all(*catalog);
  walk(*catalog, {object("b", 150)}, 151, false);
  EXPECT_EQ(read_all(*catalog), (Keys{"b"}));
  walk(*catalog, {object("a2", 100), object("b", 150)}, 152);
  EXPECT_EQ(read_all(*catalog), (Keys{"a2"})) << "which the quick walk passed over";
}

TEST_F(ObjectCatalogTest, AListOutOfOrderLosesNothing) {
  const std::vector<ListedObject> list{object("b", 0), object("c", 1), object("a", 2)};
  const auto catalog = open();
  catalog->begin_walk(at(100), true);
  catalog->offer(list[0]);
  catalog->offer(list[1]);
  Keys keys = read_all(*catalog);
  catalog->offer(list[2]);
  catalog->end_walk();
  const Keys more = read_all(*catalog);
  keys.insert(keys.end(), more.begin(), more.end());
  EXPECT_EQ(keys, (Keys{"b", "c", "a"}));
}

TEST_F(ObjectCatalogTest, WorkersTakeInTurn) {
  const auto catalog = open(2);
  walk(*catalog, {object("a", 99), object("b", 99), object("c", 99), object("d", 99)}, 100);
  EXPECT_EQ(catalog->take(0)->object.key, "a");
  EXPECT_FALSE(catalog->take(0)) << "worker 1 has fewer";
  EXPECT_EQ(catalog->take(1)->object.key, "b");
  EXPECT_EQ(catalog->take(1)->object.key, "c");
  catalog->rest(1);
  catalog->rest(1);
  EXPECT_FALSE(catalog->take(0));
  EXPECT_EQ(catalog->waiting().objects, 1u);
  EXPECT_EQ(catalog->waiting().bytes, 10u);
}

TEST_F(ObjectCatalogTest, TheWalkWaitsWhenManyObjectsDo) {
  const auto catalog = open();
  catalog->begin_walk(at(100), true);
  for (std::size_t i = 0; i < ObjectCatalog::waiting_max; ++i) {
    EXPECT_TRUE(catalog->has_room());
    catalog->offer(object("k" + std::to_string(100'000 + i), 99));
  }
  EXPECT_FALSE(catalog->has_room());
  catalog->take(0);
  EXPECT_TRUE(catalog->has_room());
}

TEST_F(ObjectCatalogTest, RecordsAreBoundedByCuttingTheLookbackShort) {
  known_max_ = 100;
  const auto catalog = open();
  catalog->begin_walk(at(1000), true);
  for (int i = 0; i < 1000; ++i) {
    catalog->offer({"k" + std::to_string(10'000 + i), "e", 10, at(990) + std::chrono::seconds(10 * i)});
    read_all(*catalog);
    EXPECT_LE(catalog->records(), 120u);
  }
  catalog->end_walk();
  EXPECT_TRUE(catalog->take_overflow());
  EXPECT_FALSE(catalog->take_overflow());
  // What was given up is still known as read.
  catalog->begin_walk(at(1001), true);
  for (int i = 0; i < 1000; ++i) catalog->offer({"k" + std::to_string(10'000 + i), "e", 10, at(990) + std::chrono::seconds(10 * i)});
  EXPECT_EQ(read_all(*catalog), Keys{});
}

TEST_F(ObjectCatalogTest, WithoutAStoreItKnowsAsLongAsItLives) {
  ObjectCatalog catalog({"s3://logs/", "all", hours(24), 1});
  catalog.load(nullptr, "edge", "0:s3");
  walk(catalog, {object("a", 99)}, 100);
  EXPECT_EQ(read_all(catalog), (Keys{"a"}));
  walk(catalog, {object("a", 99)}, 101);
  EXPECT_EQ(read_all(catalog), Keys{});
}

// Objects come and are overwritten, workers finish in any order, the process starts anew at any moment: every version that stays
// is read, and none twice but for those that were being read when the process ended.
TEST_F(ObjectCatalogTest, RandomHistories) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    checkpoints_.kept.clear();
    std::minstd_rand random(seed + 1);
    const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    std::map<std::string, ListedObject> bucket;
    std::map<std::string, int> reads;  // of `KEY ETAG`
    auto catalog = open(2);
    std::vector<std::pair<int, ListedObject>> reading;
    int restarts = 0;
    for (int hour = 100; hour < 400; ++hour) {
      for (int i = below(6); i > 0; --i) {
        const std::string key = "k" + std::to_string(below(500));
        bucket[key] = {key, "e" + std::to_string(hour), 10, at(hour - below(20))};
      }
      catalog->begin_walk(at(hour), true);
      for (const auto& [key, one] : bucket) catalog->offer(one);
      catalog->end_walk();
      for (int i = below(12); i > 0; --i) {
        const int worker = below(2);
        if (auto task = catalog->take(worker)) reading.emplace_back(worker, task->object);
      }
      while (!reading.empty() && below(3) != 0) {
        const auto at = reading.begin() + below(static_cast<int>(reading.size()));
        const ListedObject was = at->second;
        catalog->rest(at->first);
        reading.erase(at);
        catalog->done(was.key, 10);
        ++reads[was.key + " " + was.etag];
      }
      if (below(3) == 0) catalog->advance();
      if (below(40) == 0) {
        catalog.reset();
        catalog = open(2);
        reading.clear();
        ++restarts;
      }
    }
    for (const auto& [worker, one] : reading) {
      catalog->rest(worker);
      catalog->done(one.key, 10);
      ++reads[one.key + " " + one.etag];
    }
    for (int i = 0; i < 2; ++i) {
      catalog->begin_walk(at(400), true);
      for (const auto& [key, one] : bucket) catalog->offer(one);
      catalog->end_walk();
      for (const std::string& key : read_all(*catalog)) ++reads[key + " " + bucket[key].etag];
    }
    for (const auto& [key, one] : bucket) EXPECT_EQ(reads[key + " " + one.etag], 1) << key << " " << one.etag << ", seed " << seed << ", " << restarts << " restarts";
    // The remembered ones are those of the lookback, not all that ever were.
    EXPECT_LE(catalog->records(), 200u);
  }
}

}  // namespace
}  // namespace penstock::object
