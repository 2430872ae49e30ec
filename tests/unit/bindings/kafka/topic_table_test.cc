#include "bindings/kafka/topic_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/support/fake_scheduler.h"

namespace penstock::kafka {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto not_there = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
constexpr auto no_rights = RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;

class TopicTableTest : public ::testing::Test {
 protected:
  TopicTable::Calls calls() {
    return {[this] { ++answers; },
            [this](rd_kafka_resp_err_t error) { failures.push_back(error); },
            [this](Client*, const std::string& topic) {
              asked.push_back(topic);
              if (failure != RD_KAFKA_RESP_ERR_NO_ERROR) return TopicTable::Answer{{}, failure};
              const auto found = partitions.find(topic);
              return found == partitions.end() ? TopicTable::Answer{{0, not_there}, {}} : TopicTable::Answer{{found->second, {}}, {}};
            }};
  }
  // What is known of the topic once everything that was asked is answered.
  TopicTable::Entry known(const std::string& topic) {
    for (int i = 0; i < 10; ++i) {
      if (const TopicTable::Entry* entry = table.find(topic)) return *entry;
      clock.finish_work();
      clock.advance(300ms);
    }
    ADD_FAILURE() << topic << " is not answered";
    return {};
  }
  // What is used now, while it may be asked anew.
  TopicTable::Entry used(const std::string& topic) {
    const TopicTable::Entry* const entry = table.find(topic);
    const TopicTable::Entry out = entry ? *entry : TopicTable::Entry{-1, {}};
    clock.finish_work();
    return out;
  }

  testing::FakeScheduler clock;
  std::map<std::string, std::int32_t> partitions;
  rd_kafka_resp_err_t failure = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::vector<std::string> asked;
  std::vector<rd_kafka_resp_err_t> failures;
  int answers = 0;
  TopicTable table{clock, 3, calls()};
};

TEST_F(TopicTableTest, AsksOnceAndThenEachMinute) {
  partitions["edge"] = 4;
  EXPECT_EQ(known("edge").partitions, 4);
  EXPECT_EQ(answers, 1);
  clock.advance(50s);
  EXPECT_EQ(used("edge").partitions, 4);
  EXPECT_THAT(asked, ElementsAre("edge"));
  partitions["edge"] = 6;
  clock.advance(20s);
  EXPECT_EQ(used("edge").partitions, 4) << "nobody waits for the answer";
  EXPECT_EQ(used("edge").partitions, 6);
}

TEST_F(TopicTableTest, ATopicThatIsMadeByTheQuestionIsAskedForAFewTimes) {
  EXPECT_EQ(table.find("edge"), nullptr);
  clock.finish_work();
  partitions["edge"] = 1;
  EXPECT_EQ(known("edge").partitions, 1);
  EXPECT_EQ(asked.size(), 2u);
}

TEST_F(TopicTableTest, AWrongNameIsAskedForEverMoreSeldomAndHoldsUpNobodyMeanwhile) {
  EXPECT_EQ(known("typo").error, not_there);
  EXPECT_EQ(asked.size(), 3u);
  std::vector<std::size_t> times;
  for (int minute = 0; minute < 10; ++minute) {
    const std::size_t before = asked.size();
    for (int second = 0; second < 60; ++second) {
      EXPECT_EQ(used("typo").error, not_there);
      clock.advance(1s);
    }
    times.push_back(asked.size() - before);
  }
  EXPECT_GE(times.front(), 2u);
  EXPECT_LE(times.back(), 1u);
}

TEST_F(TopicTableTest, AWrongNameThatIsMadeIsFound) {
  known("late");
  partitions["late"] = 2;
  clock.advance(6s);
  used("late");
  EXPECT_EQ(used("late").partitions, 2);
}

TEST_F(TopicTableTest, OneBrokerThatDoesNotKnowATopicYetIsNotBelieved) {
  partitions["edge"] = 4;
  known("edge");
  partitions.clear();
  clock.advance(61s);
  for (int second = 0; second < 25; ++second) {
    EXPECT_EQ(used("edge").partitions, 4) << second;
    clock.advance(1s);
  }
  for (int second = 0; second < 15; ++second) {
    used("edge");
    clock.advance(1s);
  }
  EXPECT_EQ(used("edge").error, not_there) << "they all say so";
}

TEST_F(TopicTableTest, OneThatKnowsItAgainEndsTheDoubt) {
  partitions["edge"] = 4;
  known("edge");
  partitions.clear();
  clock.advance(61s);
  used("edge");
  partitions["edge"] = 5;
  clock.advance(6s);
  used("edge");
  EXPECT_EQ(used("edge").partitions, 5);
  clock.advance(59s);
  const std::size_t before = asked.size();
  used("edge");
  EXPECT_EQ(asked.size(), before);
}

TEST_F(TopicTableTest, ATopicThatIsToBlameIsNotUsedForAWhile) {
  partitions["edge"] = 4;
  known("edge");
  table.blame("edge", no_rights);
  EXPECT_EQ(used("edge").error, no_rights);
  clock.advance(6s);
  EXPECT_EQ(used("edge").error, no_rights);
  EXPECT_EQ(used("edge").partitions, 4) << "it is asked for again, and tried";
  table.blame("edge", no_rights);
  clock.advance(6s);
  EXPECT_EQ(used("edge").error, no_rights);
  EXPECT_EQ(used("edge").error, no_rights) << "the next time longer";
}

TEST_F(TopicTableTest, APartitionThatIsNotThereIsAskedForBeforeItIsUsed) {
  partitions["edge"] = 4;
  known("edge");
  partitions["edge"] = 2;
  table.blame("edge", RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION);
  EXPECT_EQ(table.find("edge"), nullptr);
  EXPECT_EQ(known("edge").partitions, 2);
}

TEST_F(TopicTableTest, ANewClientHasToBeAsked) {
  partitions["edge"] = 4;
  known("edge");
  table.use(nullptr);
  EXPECT_EQ(table.find("edge"), nullptr);
  EXPECT_EQ(known("edge").partitions, 4);
  EXPECT_EQ(asked.size(), 2u);
}

TEST_F(TopicTableTest, ANewClientIsAskedNothingAboutWrongNames) {
  for (const char* name : {"x1", "x2", "x3"}) known(name);
  partitions["a"] = partitions["b"] = 1;
  known("a");
  table.use(nullptr);
  EXPECT_FALSE(table.full_for("b"));
  EXPECT_EQ(known("b").partitions, 1);
}

TEST_F(TopicTableTest, ANewClientsBrokerMayNotKnowOfATopicYet) {
  partitions["edge"] = 4;
  known("edge");
  table.use(nullptr);
  partitions.clear();
  EXPECT_EQ(table.find("edge"), nullptr);
  clock.finish_work();
  partitions["edge"] = 4;
  EXPECT_EQ(known("edge").partitions, 4);
}

TEST_F(TopicTableTest, NamesThatAreWrongTakeNoRoomFromThoseThatAreWell) {
  for (const char* name : {"x1", "x2", "x3", "x4", "x5"}) known(name);
  for (const char* name : {"a", "b", "c"}) partitions[name] = 1;
  for (const char* name : {"a", "b", "c"}) {
    EXPECT_FALSE(table.full_for(name));
    EXPECT_EQ(known(name).partitions, 1);
  }
  EXPECT_TRUE(table.full_for("d"));
  EXPECT_FALSE(table.full_for("a")) << "it is known";
  const std::size_t before = asked.size();
  EXPECT_EQ(table.find("x1"), nullptr) << "the oldest of the wrong ones is forgotten";
  clock.finish_work();
  EXPECT_EQ(asked.size(), before + 1);
}

TEST_F(TopicTableTest, BrokersThatCannotBeAskedAreTold) {
  failure = RD_KAFKA_RESP_ERR__TRANSPORT;
  EXPECT_EQ(table.find("edge"), nullptr);
  clock.finish_work();
  EXPECT_THAT(failures, ElementsAre(RD_KAFKA_RESP_ERR__TRANSPORT));
  EXPECT_EQ(answers, 0);
  failure = RD_KAFKA_RESP_ERR_NO_ERROR;
  partitions["edge"] = 1;
  EXPECT_EQ(known("edge").partitions, 1);
}

}  // namespace
}  // namespace penstock::kafka
