#include "bindings/object/upload_ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/support/temporary_folder.h"

namespace penstock::object {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class UploadLedgerTest : public ::testing::Test {
 protected:
  std::shared_ptr<UploadLedger> open() { return UploadLedger::open(path_).value(); }
  // As a new process would read it.
  std::vector<OpenUpload> left() { return open()->take_leftovers(); }
  std::string text() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void append(const std::string& text) { std::ofstream(path_, std::ios::binary | std::ios::app) << text; }

  testing::TemporaryFolder folder_;
  const std::string path_ = folder_.path("uploads/edge.0:s3.0");
};

TEST_F(UploadLedgerTest, KeepsWhatHasBegunAndNotEnded) {
  {
    const auto ledger = open();
    ledger->begins("logs", "a b/1");
    ledger->begun({"id+1", "logs", "a b/1"});
    ledger->begins("logs", "2");
    ledger->begun({"id2", "logs", "2"});
    ledger->ended({"id2", "logs", "2"});
    ledger->begins("logs", "3");
    ledger->begins("logs", "4");
    ledger->ended({"", "logs", "4"});
  }
  EXPECT_THAT(left(), ElementsAre(OpenUpload{"id+1", "logs", "a b/1"}, OpenUpload{"", "logs", "3"}));
}

TEST_F(UploadLedgerTest, WhatWasLostBeforeStaysWhenATryIsAnswered) {
  {
    const auto ledger = open();
    ledger->begins("logs", "1");  // no answer came
    ledger->begins("logs", "1");
    ledger->begun({"id", "logs", "1"});
    ledger->ended({"id", "logs", "1"});
  }
  EXPECT_THAT(left(), ElementsAre(OpenUpload{"", "logs", "1"}));
}

TEST_F(UploadLedgerTest, ANightOfTriesWithoutAnswerIsNotedTwice) {
  {
    const auto ledger = open();
    for (int i = 0; i < 1000; ++i) ledger->begins("logs", "1");
  }
  EXPECT_EQ(left().size(), 2u);
}

TEST_F(UploadLedgerTest, DoesNotGrowWithUploadsThatHaveEnded) {
  const auto ledger = open();
  ledger->begun({"long", "logs", "long"});
  for (int i = 0; i < 5000; ++i) {
    const std::string id = std::to_string(i);
    ledger->begins("logs", id);
    ledger->begun({id, "logs", id});
    ledger->ended({id, "logs", id});
  }
  EXPECT_LT(text().size(), 40'000u);
  EXPECT_THAT(parse_ledger(text()), ElementsAre(OpenUpload{"long", "logs", "long"}));
}

TEST_F(UploadLedgerTest, ALineWithoutItsEndIsPassedOverAndSwallowsNoOther) {
  { open()->begun({"one", "logs", "1"}); }
  append("+ two lo");
  EXPECT_THAT(left(), ElementsAre(OpenUpload{"one", "logs", "1"}));
}

TEST_F(UploadLedgerTest, WhatIsLeftBehindWhileItRunsIsGivenToWhoAsks) {
  const auto ledger = open();
  ledger->begun({"one", "logs", "1"});
  EXPECT_THAT(ledger->take_leftovers(), IsEmpty());
  ledger->left({"one", "logs", "1"});
  EXPECT_THAT(ledger->take_leftovers(), ElementsAre(OpenUpload{"one", "logs", "1"}));
  EXPECT_THAT(ledger->take_leftovers(), IsEmpty());
}

}  // namespace
}  // namespace penstock::object
