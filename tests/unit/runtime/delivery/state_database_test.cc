#include "runtime/delivery/state_database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <thread>

#include "runtime/base/log.h"
#include "runtime/delivery/ownership.h"
#include "tests/unit/runtime/delivery/state_directory.h"

namespace penstock {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Checkpoint at(const std::string& stream, std::uint64_t position) {
  return {"edge", "0:file", stream, "/var/log/" + stream, position, {{"fingerprint", "abc"}, {"size", "10"}}};
}

class StateDatabaseTest : public testing::Test {
 protected:
  void SetUp() override {
    log::configure({log::Level::off});
    reopen();
  }
  void TearDown() override { log::configure({}); }

  void close() { database_.reset(); }
  void reopen() {
    close();
    auto opened = StateDatabase::open(directory_.path());
    ASSERT_TRUE(opened.ok()) << opened.status().text();
    database_ = *std::move(opened);
  }
  StateDatabase& database() { return *database_; }
  const StateDirectory& directory() { return directory_; }
  // stream=position, ...
  std::vector<std::string> positions() {
    std::vector<std::string> all;
    for (const Checkpoint& c : database_->list("edge", "0:file")) all.push_back(c.stream + "=" + std::to_string(c.position));
    return all;
  }
  void execute(const char* sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(directory_.file("state.db").c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  }

 private:
  StateDirectory directory_;
  std::unique_ptr<StateDatabase> database_;
};

TEST_F(StateDatabaseTest, ANewOneIsEmptyAndPrivate) {
  EXPECT_THAT(positions(), IsEmpty());
  EXPECT_EQ(directory().mode(), 0700u);
  for (const char* file : {"state.db", "state.db-wal", "lock"}) EXPECT_EQ(directory().mode(file), 0600u) << file;
}

TEST_F(StateDatabaseTest, WhatIsCommittedIsThereAfterAReopen) {
  database().put(at("a", 1));
  database().put(at("b", 2));
  database().put(at("a", 3));
  ASSERT_TRUE(database().commit().ok());
  reopen();
  EXPECT_THAT(positions(), ElementsAre("a=3", "b=2"));
  const Checkpoint a = database().list("edge", "0:file").front();
  EXPECT_EQ(a.name, "/var/log/a");
  EXPECT_EQ(a.details, at("a", 3).details);
}

TEST_F(StateDatabaseTest, WhatIsNotCommittedIsListedButNotKept) {
  database().put(at("a", 1));
  EXPECT_THAT(positions(), ElementsAre("a=1"));
  reopen();
  EXPECT_THAT(positions(), IsEmpty());
}

TEST_F(StateDatabaseTest, ListOverlaysWhatWasPutAndForgottenSince) {
  database().put(at("a", 1));
  database().put(at("b", 1));
  ASSERT_TRUE(database().commit().ok());
  database().forget("edge", "0:file", "a");
  database().put(at("b", 2));
  database().put(at("c", 3));
  EXPECT_THAT(positions(), ElementsAre("b=2", "c=3"));
  ASSERT_TRUE(database().commit().ok());
  reopen();
  EXPECT_THAT(positions(), ElementsAre("b=2", "c=3"));
}

TEST_F(StateDatabaseTest, ListsOnePipelinesOneSource) {
  Checkpoint other_source = at("a", 7), other_pipeline = at("a", 8);
  other_source.source = "1:file";
  other_pipeline.pipeline = "edge2";
  for (const Checkpoint& c : {at("a", 1), other_source, other_pipeline}) database().put(c);
  EXPECT_THAT(positions(), ElementsAre("a=1"));
  ASSERT_TRUE(database().commit().ok());
  EXPECT_THAT(positions(), ElementsAre("a=1"));
}

TEST_F(StateDatabaseTest, ANewPutReplacesAllDetails) {
  database().put(at("a", 1));
  ASSERT_TRUE(database().commit().ok());
  Checkpoint changed = at("a", 2);
  changed.details = {{"end", "9"}};
  database().put(changed);
  ASSERT_TRUE(database().commit().ok());
  reopen();
  EXPECT_EQ(database().list("edge", "0:file").front().details, changed.details);
}

TEST_F(StateDatabaseTest, NamesMayHoldAnyBytes) {
  Checkpoint odd = at(std::string("s\xff'\n", 4), 1);
  odd.name = "/var/log/\xc3\x28 \"x\"";
  odd.details = {{"", ""}, {"k", "\xfe"}};
  database().put(odd);
  ASSERT_TRUE(database().commit().ok());
  reopen();
  const Checkpoint read = database().list("edge", "0:file").front();
  EXPECT_EQ(read.stream, odd.stream);
  EXPECT_EQ(read.name, odd.name);
  EXPECT_EQ(read.details, odd.details);
}

TEST_F(StateDatabaseTest, AnotherProcessIsToldWhoHoldsTheDirectory) {
  const auto second = StateDatabase::open(directory().path());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), Code::denied);
  EXPECT_THAT(second.status().text(), HasSubstr("pid " + std::to_string(::getpid())));
}

TEST_F(StateDatabaseTest, ADamagedFileIsSetAsideAndANewOneBegun) {
  close();
  directory().write("state.db", "this is no database, whatever its name says, and longer than a header of SQLite is: "
                                "one hundred bytes");
  reopen();
  EXPECT_THAT(database().set_aside(), HasSubstr("state.db.damaged-"));
  EXPECT_TRUE(std::filesystem::exists(database().set_aside()));
  database().put(at("a", 1));
  EXPECT_TRUE(database().commit().ok());
  const auto report = check_state(directory().path());
  ASSERT_TRUE(report.ok());
  EXPECT_THAT(report.value().problems, IsEmpty());
  EXPECT_THAT(report.value().set_aside, ElementsAre(database().set_aside()));
}

TEST_F(StateDatabaseTest, DamageInTheMiddleIsFound) {
  for (int i = 0; i < 2000; ++i) database().put(at("stream-" + std::to_string(i), 1));
  ASSERT_TRUE(database().commit().ok());
  close();
  std::string bytes = directory().read("state.db");
  ASSERT_GT(bytes.size(), 20000u);
  for (std::size_t i = 8192; i < 12288; ++i) bytes[i] = static_cast<char>(i * 7);
  directory().write("state.db", bytes);
  reopen();
  EXPECT_NE(database().set_aside(), "");
  EXPECT_THAT(positions(), IsEmpty());
}

TEST_F(StateDatabaseTest, AFileOfANewerPenstockIsLeftAlone) {
  close();
  execute("PRAGMA user_version = 3");
  const auto opened = StateDatabase::open(directory().path());
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.status().code(), Code::unsupported);
  EXPECT_THAT(opened.status().text(), HasSubstr("newer penstock"));
}

TEST_F(StateDatabaseTest, AnOlderFileIsBroughtToTheSchemaWithWhatItHolds) {
  database().put(at("a", 1));
  ASSERT_TRUE(database().commit().ok());
  close();
  execute("DROP TABLE ownership; PRAGMA user_version = 1");
  EXPECT_THAT(check_state(directory().path()).value().problems, IsEmpty()) << "an older file is sound";
  reopen();
  EXPECT_THAT(positions(), ElementsAre("a=1"));
  EXPECT_TRUE(list_ownership(directory().path()).ok());
  execute("SELECT token_sha256 FROM ownership");
}

TEST_F(StateDatabaseTest, AFailedCommitKeepsEverythingForTheNext) {
  execute("CREATE TRIGGER full BEFORE INSERT ON checkpoint_detail BEGIN SELECT RAISE(ABORT, 'no space'); END");
  database().put(at("a", 1));
  database().put(at("b", 1));
  const Status failed = database().commit();
  ASSERT_FALSE(failed.ok());
  EXPECT_THAT(failed.text(), HasSubstr("no space"));
  database().put(at("b", 2));
  execute("DROP TRIGGER full");
  EXPECT_TRUE(database().commit().ok());
  reopen();
  EXPECT_THAT(positions(), ElementsAre("a=1", "b=2"));
}

TEST_F(StateDatabaseTest, TellsOnceThatThereIsSomethingToCommitAgain) {
  int told = 0;
  database().on_change([&] { ++told; });
  database().put(at("a", 1));
  database().put(at("b", 1));
  EXPECT_EQ(told, 1);
  ASSERT_TRUE(database().commit().ok());
  database().forget("edge", "0:file", "a");
  database().put(at("b", 2));
  EXPECT_EQ(told, 2);
}

TEST_F(StateDatabaseTest, ListStateReadsWhileAProcessRuns) {
  database().put(at("a", 1));
  ASSERT_TRUE(database().commit().ok());
  const auto rows = list_state(directory().path());
  ASSERT_TRUE(rows.ok()) << rows.status().text();
  ASSERT_THAT(rows.value(), SizeIs(1));
  EXPECT_EQ(rows.value()[0].checkpoint.position, 1u);
  EXPECT_LT(std::chrono::system_clock::now() - rows.value()[0].updated, std::chrono::hours(1));
}

TEST_F(StateDatabaseTest, CheckStateFindsBrokenInvariants) {
  database().put(at("a", 1));
  database().put(at("b", 1));
  ASSERT_TRUE(database().commit().ok());
  execute("UPDATE checkpoint SET position = -1 WHERE stream = 'a'; DELETE FROM checkpoint WHERE stream = 'b'");
  const auto report = check_state(directory().path());
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report.value().checkpoints, 1u);
  EXPECT_THAT(report.value().problems, ElementsAre(HasSubstr("2 details without"), HasSubstr("position is negative")));
}

TEST_F(StateDatabaseTest, ThereIsNoStateWhereNoneWasMade) {
  EXPECT_EQ(list_state("/no/such/state").status().code(), Code::not_found);
  EXPECT_EQ(check_state("/no/such/state").status().code(), Code::not_found);
}

TEST_F(StateDatabaseTest, WorkersPutWhileTheControlThreadCommits) {
  std::thread worker([&] {
    for (int i = 1; i <= 2000; ++i) database().put(at("a", static_cast<std::uint64_t>(i)));
  });
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(database().commit().ok());
  worker.join();
  ASSERT_TRUE(database().commit().ok());
  reopen();
  EXPECT_THAT(positions(), ElementsAre("a=2000"));
}

}  // namespace
}  // namespace penstock
