#include "runtime/delivery/ownership.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/delivery/state_database.h"
#include "tests/unit/runtime/delivery/state_directory.h"

namespace penstock {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class OwnershipTest : public testing::Test {
 protected:
  OwnershipRecords open() {
    Result<OwnershipRecords> opened = OwnershipRecords::open(directory_.path());
    EXPECT_TRUE(opened.ok()) << (opened.ok() ? "" : opened.status().text());
    return *std::move(opened);
  }
  IssuedToken issue(const std::string& destination = "s3 logs") { return open().issue(destination, "s3://logs/", now_).value(); }
  TokenVerdict give(const std::string& text, const std::string& destination = "s3 logs") { return open().give_back(destination, text, now_).value(); }
  bool verified(const std::string& destination = "s3 logs") { return is_verified(directory_.path(), destination).value(); }
  std::vector<std::string> problems() { return check_state(directory_.path()).value().problems; }

  StateDirectory directory_;
  OwnershipRecords::Time now_ = std::chrono::system_clock::time_point(std::chrono::seconds(1795255325));
};

TEST_F(OwnershipTest, TheTokenThatIsGivenBackVerifiesItsDestination) {
  EXPECT_FALSE(verified()) << "there is no state at all";
  const IssuedToken token = issue();
  EXPECT_FALSE(verified());
  EXPECT_EQ(give(" " + token.text + "\r\n"), TokenVerdict::right);
  EXPECT_TRUE(verified());
  EXPECT_FALSE(verified("s3 other")) << "and no other";
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_F(OwnershipTest, TokensAreLongRandomAndNotInTheFile) {
  const IssuedToken one = issue(), two = issue("s3 other");
  EXPECT_EQ(one.text.size(), 48u) << "192 bits, in hexadecimal";
  EXPECT_NE(one.text, two.text);
  for (const char* file : {"state.db", "state.db-wal"}) EXPECT_THAT(directory_.read(file), testing::Not(HasSubstr(one.text))) << file;
}

TEST_F(OwnershipTest, WrongTokensAreCountedAndThenNoneIsTaken) {
  const IssuedToken token = issue();
  for (int i = 0; i < token_tries_max; ++i) EXPECT_EQ(give(i % 2 == 0 ? "guess" : ""), TokenVerdict::wrong) << i;
  EXPECT_EQ(give(token.text), TokenVerdict::used_up);
  EXPECT_FALSE(verified());
  EXPECT_EQ(give(issue().text), TokenVerdict::right) << "a new one has its own tries";
}

TEST_F(OwnershipTest, ATokenIsGoodForAWeek) {
  const IssuedToken token = issue();
  now_ += token_lifetime - hours(1);
  EXPECT_EQ(give("guess"), TokenVerdict::wrong);
  now_ += hours(1);
  EXPECT_EQ(give(token.text), TokenVerdict::expired);
  EXPECT_FALSE(verified());
}

TEST_F(OwnershipTest, ATokenIsForOneDestination) {
  const IssuedToken token = issue();
  EXPECT_EQ(give(token.text, "s3 other"), TokenVerdict::none);
  issue("s3 other");
  EXPECT_EQ(give(token.text, "s3 other"), TokenVerdict::wrong);
}

TEST_F(OwnershipTest, ANewTokenTakesThePlaceOfTheOldOne) {
  const IssuedToken old = issue(), fresh = issue();
  EXPECT_EQ(old.id, fresh.id) << "one file takes the place of the other";
  EXPECT_EQ(give(old.text), TokenVerdict::wrong);
  EXPECT_EQ(give(fresh.text), TokenVerdict::right);
}

TEST_F(OwnershipTest, ItIsDoneBesideARun) {
  const auto run = StateDatabase::open(directory_.path());
  ASSERT_TRUE(run.ok());
  EXPECT_EQ(give(issue().text), TokenVerdict::right);
  EXPECT_TRUE(verified());
}

TEST_F(OwnershipTest, ARunMayBeginBesideIt) {
  OwnershipRecords records = open();
  EXPECT_TRUE(StateDatabase::open(directory_.path()).ok()) << "the directory's lock is not kept";
}

TEST_F(OwnershipTest, CheckFindsRowsThatCannotBe) {
  const auto at = now_;
  std::vector<std::string> found;
  check_ownership({"s3 logs", "s3://logs/", std::string(32, 'a'), at, at + hours(1), 0, at + hours(1)}, found);
  EXPECT_THAT(found, IsEmpty());
  check_ownership({"", "s3://logs/", "x", at, at - hours(1), 9, std::nullopt}, found);
  EXPECT_THAT(found, ElementsAre(HasSubstr("must not be empty"), HasSubstr("32 hexadecimal digits"), HasSubstr("wrong tries"), HasSubstr("expires before")));
}

}  // namespace
}  // namespace penstock
