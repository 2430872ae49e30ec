#include "bindings/object/object_lag.h"

#include <gtest/gtest.h>

#include <map>

namespace penstock::object {
namespace {

class ObjectLagTest : public ::testing::Test {
 protected:
  void list(const std::vector<ListedObject>& objects) {
    catalog_.begin_walk(now_, true);
    for (const ListedObject& one : objects) catalog_.offer(one);
    catalog_.end_walk();
  }
  ListedObject object(const std::string& key, std::uint64_t size) const { return {key, "e", size, now_}; }
  // `penstock_object_` and the rest -> value
  std::map<std::string, double> lag() const {
    std::map<std::string, double> found;
    for (const OwnMetric& metric : lag_of(catalog_)) {
      EXPECT_EQ(metric.type, OwnMetric::Type::gauge);
      found[metric.name] = metric.value;
    }
    return found;
  }
  void expect(double objects, double waiting, double bytes) const {
    EXPECT_EQ(lag(), (std::map<std::string, double>{
                         {"penstock_object_lag_objects", objects}, {"penstock_object_waiting_objects", waiting}, {"penstock_object_waiting_bytes", bytes}}));
  }

  const ObjectCatalog::Time now_{std::chrono::hours(400'000)};
  ObjectCatalog catalog_{{"s3://logs/", "all", std::chrono::hours(24)}};
};

TEST_F(ObjectLagTest, IsNothingWhereNothingIsListed) { expect(0, 0, 0); }

TEST_F(ObjectLagTest, AnObjectThatIsReadCountsUntilAllOfItIsAcked) {
  list({object("a", 10), object("b", 300)});
  expect(2, 2, 310);
  ASSERT_EQ(catalog_.take(0)->object.key, "a");
  expect(2, 1, 300);
  catalog_.rest(0);
  catalog_.acked("a", 5);
  expect(2, 1, 300);
  catalog_.done("a", 10);
  expect(1, 1, 300);
  ASSERT_EQ(catalog_.take(0)->object.key, "b");
  catalog_.done("b", 300);
  expect(0, 0, 0);
  list({object("a", 10), object("b", 300), object("c", 7)});
  expect(1, 1, 7);
}

TEST_F(ObjectLagTest, WhatIsGoneIsNotWaitedFor) {
  list({object("a", 10), object("b", 20)});
  ASSERT_EQ(catalog_.take(0)->object.key, "a");
  catalog_.gone("a");
  expect(1, 1, 20);
}

TEST_F(ObjectLagTest, NothingWaitsAnyMoreWhenTheListIsGivenUp) {
  list({object("a", 10)});
  catalog_.give_up();
  EXPECT_EQ(lag()["penstock_object_waiting_objects"], 0);
  EXPECT_EQ(lag()["penstock_object_waiting_bytes"], 0);
}

}  // namespace
}  // namespace penstock::object
