#include "bindings/object/object_lister.h"

#include "tests/unit/bindings/object/fake_bucket.h"
#include "tests/unit/bindings/object/object_fixture.h"

namespace penstock::object {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

class ObjectListerTest : public ObjectFixture {
 protected:
  ObjectListerTest() {
    client_.answer = [this](const Seen& seen) { return bucket_.answer(seen); };
    bucket_.page_max = 100;
  }
  void put_many(const std::string& prefix, int count) {
    for (int i = 0; i < count; ++i) bucket_.put(prefix + std::to_string(100'000 + i), "x");
  }
  ObjectLister& start() {
    lister_ = std::make_unique<ObjectLister>(scheduler_, store_, catalog_, options_,
                                             ObjectLister::Events{[this] { ++pages_; }, [this](std::size_t keys) { walked_.push_back(keys); },
                                                                  [this](const Answer& answer) {
                                                                    failures_.push_back(answer.text);
                                                                    return go_on_;
                                                                  }});
    lister_->start();
    return *lister_;
  }
  // Reads what waits.
  std::size_t read_all() {
    std::size_t count = 0;
    for (; const std::optional<ObjectTask> task = catalog_.take(0); ++count) {
      catalog_.rest(0);
      catalog_.done(task->object.key, 10);
    }
    catalog_.advance();
    return count;
  }
  // Listing and reading, for so long.
  std::size_t pass(milliseconds time) {
    std::size_t count = 0;
    const milliseconds step(time > milliseconds(100'000) ? 5000 : 100);
    for (milliseconds passed{0}; passed < time; passed += step) {
      scheduler_.advance(step);
      count += read_all();
    }
    return count;
  }

  FakeBucket bucket_;
  ObjectStore store_{{Vendor::s3, "logs", "us-east-1", "", Addressing::virtual_host}, Signature::sigv4, parts_};
  ObjectSourceOptions options_;
  ObjectCatalog catalog_{{"s3://logs/", "all", hours(24), 1}};
  std::unique_ptr<ObjectLister> lister_;
  int pages_ = 0;
  bool go_on_ = true;
  std::vector<std::size_t> walked_;
  std::vector<std::string> failures_;
};

TEST_F(ObjectListerTest, WalksPageByPage) {
  put_many("a/", 250);
  bucket_.put("b/1", "x");
  options_.prefix = "a/";
  start();
  EXPECT_EQ(pass(milliseconds(1000)), 250u);
  EXPECT_EQ(walked_, (std::vector<std::size_t>{250}));
  EXPECT_EQ(client_.seen.at(0).url, "https://logs.s3.us-east-1.amazonaws.com/?list-type=2&encoding-type=url&max-keys=1000&prefix=a%2F");
  EXPECT_NE(client_.seen.at(1).url.find("continuation-token=a%2F100099"), std::string::npos) << client_.seen.at(1).url;
}

TEST_F(ObjectListerTest, FindsNewObjectsAtEachPoll) {
  put_many("m/", 10);
  start();
  EXPECT_EQ(pass(milliseconds(1000)), 10u);
  bucket_.put("a/1", "x");
  bucket_.put("z/1", "x");
  EXPECT_EQ(pass(milliseconds(58'000)), 0u);
  EXPECT_EQ(pass(milliseconds(2000)), 2u);
}

TEST_F(ObjectListerTest, ALaterWalkPassesOverWhatIsReadAndOld) {
  put_many("a/", 5000);
  bucket_.now += hours(48);
  put_many("b/", 10);
  start();
  EXPECT_EQ(pass(milliseconds(10'000)), 5010u);
  // The first walk found all of it new; the next one over all keys finds them quiet.
  pass(options_.poll_all + milliseconds(120'000));
  bucket_.lists = 0;
  bucket_.put("b/x", "x");
  bucket_.put("a/100500-late", "x");
  EXPECT_EQ(pass(milliseconds(61'000)), 1u);
  EXPECT_LE(bucket_.lists, 2);
  EXPECT_EQ(pass(options_.poll_all + milliseconds(120'000)), 1u) << "what appeared among the old ones";
}

TEST_F(ObjectListerTest, StopsWhileTooManyWait) {
  bucket_.page_max = 1000;
  put_many("a/", static_cast<int>(ObjectCatalog::waiting_max) + 5000);
  start();
  scheduler_.advance(milliseconds(10'000));
  EXPECT_EQ(catalog_.waiting().objects, ObjectCatalog::waiting_max);
  EXPECT_TRUE(walked_.empty());
  EXPECT_EQ(pass(milliseconds(5000)), ObjectCatalog::waiting_max + 5000);
}

TEST_F(ObjectListerTest, WhatIsNotWantedIsLeftOut) {
  for (const char* key : {"logs/1.gz", "logs/2.gz", "logs/3.txt", "logs/old/4.gz", "logs/5.gz"}) bucket_.put(key, "x");
  bucket_.put("logs/empty.gz", "");
  bucket_.objects.at("logs/2.gz").modified -= hours(100);
  options_.match.push_back(PathPattern::parse("*.gz").value());
  options_.exclude.push_back(PathPattern::parse("logs/old/**").value());
  options_.since = bucket_.now - hours(50);
  options_.start_after = "logs/1.gz";
  start();
  scheduler_.advance(milliseconds(100));
  EXPECT_EQ(catalog_.take(0)->object.key, "logs/5.gz");
  EXPECT_EQ(catalog_.waiting().objects, 0u);
}

TEST_F(ObjectListerTest, AFailedPageIsAskedForAgain) {
  put_many("a/", 150);
  client_.queued = {error(503, "SlowDown"), error(403, "AccessDenied"), reply(200, "<html>a proxy</html>")};
  start();
  EXPECT_EQ(pass(milliseconds(5000)), 0u);
  EXPECT_EQ(pass(milliseconds(60'000)), 150u);
  ASSERT_EQ(failures_.size(), 3u);
  EXPECT_NE(failures_[1].find("s3:ListBucket"), std::string::npos) << failures_[1];
  EXPECT_NE(failures_[2].find("not a list of objects"), std::string::npos) << failures_[2];
}

TEST_F(ObjectListerTest, GivesUpWhenToldTo) {
  client_.queued = {error(403, "AccessDenied")};
  go_on_ = false;
  start();
  pass(milliseconds(60'000));
  EXPECT_EQ(client_.seen.size(), 1u);
}

TEST_F(ObjectListerTest, ARunThatEndsWalksOnce) {
  options_.follow = false;
  put_many("a/", 3);
  start();
  EXPECT_EQ(pass(milliseconds(200'000)), 3u);
  EXPECT_EQ(bucket_.lists, 1);
}

}  // namespace
}  // namespace penstock::object
