#include "runtime/delivery/dead_letter_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <thread>

#include "runtime/base/log.h"
#include "runtime/delivery/dead_letter_reader.h"
#include "tests/unit/runtime/delivery/state_directory.h"

namespace penstock {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class DeadLetterFileTest : public testing::Test {
 protected:
  void SetUp() override {
    log::configure({log::Level::off});
    std::filesystem::create_directory(state_.path());
    reopen();
  }
  void TearDown() override {
    close();
    log::configure({});
  }

  void close() { file_.reset(); }
  void reopen(DeadLetterOptions options = {}) {
    close();
    file_ = std::make_unique<DeadLetterFile>(state_.path(), "edge", options);
  }
  DeadLetterFile& file() { return *file_; }
  const StateDirectory& state() { return state_; }
  bool exists(const std::string& name) { return std::filesystem::exists(state_.file("dead-letter/" + name)); }

  void write(const std::string& raw) { EXPECT_TRUE(file_->write({"stage", "reason", "source", 0, raw.size(), raw}).ok()); }
  void write_and_sync(const std::string& raw) {
    write(raw);
    const Status synced = file_->flush_and_sync();
    EXPECT_TRUE(synced.ok()) << synced.text();
  }
  std::vector<StoredLetter> read() {
    DeadLetterReader reader(state_.path(), "edge");
    std::vector<StoredLetter> letters;
    while (true) {
      auto letter = reader.next();
      EXPECT_TRUE(letter.ok());
      if (!letter.ok() || !letter.value()) break;
      letters.push_back(*std::move(letter.value()));
    }
    broken_lines_ = reader.broken_lines();
    return letters;
  }
  std::vector<std::string> raws() {
    std::vector<std::string> all;
    for (const StoredLetter& letter : read()) all.push_back(letter.raw);
    return all;
  }
  std::uint64_t broken_lines() {
    read();
    return broken_lines_;
  }
  std::uint64_t remove(const std::vector<std::string>& with_raw) {
    std::unordered_set<std::string> ids;
    for (const StoredLetter& letter : read())
      if (std::find(with_raw.begin(), with_raw.end(), letter.raw) != with_raw.end()) ids.insert(letter.id);
    const auto removed = DeadLetterReader::remove(state_.path(), "edge", ids);
    EXPECT_TRUE(removed.ok());
    return removed.ok() ? removed.value() : 0;
  }

 private:
  StateDirectory state_;
  std::unique_ptr<DeadLetterFile> file_;
  std::uint64_t broken_lines_ = 0;
};

TEST_F(DeadLetterFileTest, NothingIsMadeBeforeTheFirstLetter) {
  EXPECT_TRUE(file().flush_and_sync().ok());
  EXPECT_FALSE(exists(""));
  EXPECT_THAT(raws(), IsEmpty());
}

TEST_F(DeadLetterFileTest, LettersAreOnDiskAfterFlushInPrivateFiles) {
  write_and_sync("a");
  write_and_sync("b");
  EXPECT_THAT(raws(), ElementsAre("a", "b"));
  EXPECT_EQ(state().mode("dead-letter"), 0700u);
  EXPECT_EQ(state().mode("dead-letter/edge.ndjson"), 0600u);
  EXPECT_EQ(file().written(), 2u);
}

TEST_F(DeadLetterFileTest, GoesOnWhereAnEarlierRunEnded) {
  write_and_sync("a");
  reopen();
  write_and_sync("b");
  EXPECT_THAT(raws(), ElementsAre("a", "b"));
}

TEST_F(DeadLetterFileTest, ATornLineOfACrashCostsOnlyItself) {
  write_and_sync("a");
  close();
  state().write("dead-letter/edge.ndjson", state().read("dead-letter/edge.ndjson") + "{\"time\":\"2026");
  EXPECT_THAT(raws(), ElementsAre("a"));
  EXPECT_EQ(broken_lines(), 1u);
  reopen();
  write_and_sync("b");
  EXPECT_THAT(raws(), ElementsAre("a", "b"));
  EXPECT_EQ(broken_lines(), 1u);
}

TEST_F(DeadLetterFileTest, RotatesAtTheBoundAndCountsWhatIsLost) {
  reopen({.file_bytes_max = 400, .files_kept = 3});  // two letters a file
  for (const char* raw : {"1", "2", "3", "4", "5", "6", "7"}) write_and_sync(raw);
  EXPECT_EQ(file().lost(), 2u);
  EXPECT_THAT(raws(), ElementsAre("3", "4", "5", "6", "7"));
  EXPECT_TRUE(exists("edge.ndjson.2"));
  EXPECT_FALSE(exists("edge.ndjson.3"));
}

TEST_F(DeadLetterFileTest, OneFileIsEnough) {
  reopen({.file_bytes_max = 400, .files_kept = 1});
  for (const char* raw : {"1", "2", "3"}) write_and_sync(raw);
  EXPECT_EQ(file().lost(), 2u);
  EXPECT_THAT(raws(), ElementsAre("3"));
}

TEST_F(DeadLetterFileTest, ALetterAboveTheBoundOfAFileIsKept) {
  reopen({.file_bytes_max = 10});
  write_and_sync("a");
  EXPECT_THAT(raws(), ElementsAre("a"));
}

TEST_F(DeadLetterFileTest, OptionsBoundTheRawBytes) {
  reopen({.raw_bytes_max = 4});
  write_and_sync("0123456789");
  ASSERT_EQ(read().size(), 1u);
  EXPECT_EQ(read()[0].raw, "0123");
  EXPECT_TRUE(read()[0].truncated);
}

TEST_F(DeadLetterFileTest, ManyLettersGoOutBeforeAFlush) {
  const std::string raw(10000, 'x');
  for (int i = 0; i < 100; ++i) write(raw);
  EXPECT_GT(read().size(), 50u);
  EXPECT_TRUE(file().flush_and_sync().ok());
  EXPECT_EQ(read().size(), 100u);
}

TEST_F(DeadLetterFileTest, WhatIsBufferedIsWrittenAtTheEnd) {
  write("a");
  close();
  EXPECT_THAT(raws(), ElementsAre("a"));
}

TEST_F(DeadLetterFileTest, AFailureIsToldAndTheLettersAreTriedAgain) {
  state().write("dead-letter", "a file where the directory should be");
  write("a");
  EXPECT_FALSE(file().flush_and_sync().ok());
  std::filesystem::remove(state().file("dead-letter"));
  EXPECT_TRUE(file().flush_and_sync().ok());
  EXPECT_THAT(raws(), ElementsAre("a"));
}

TEST_F(DeadLetterFileTest, LettersThatDoNotFitTheBufferAreRefused) {
  state().write("dead-letter", "a file where the directory should be");
  const std::string raw(100000, 'x');
  Status status;
  int taken = 0;
  for (; taken < 10 && status.ok(); ++taken) status = file().write({"stage", "reason", "source", 0, raw.size(), raw});
  EXPECT_FALSE(status.ok());
  EXPECT_LE(file().written(), 4u);
}

// A file size limit is a full disk for one process.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_;
};

TEST_F(DeadLetterFileTest, AFullDiskInTheMiddleOfALineTearsNothing) {
  write_and_sync("a");
  {
    const FileSizeLimit full(200);
    write("b");
    EXPECT_FALSE(file().flush_and_sync().ok());
    write("c");
    EXPECT_FALSE(file().flush_and_sync().ok());
  }
  EXPECT_TRUE(file().flush_and_sync().ok());
  EXPECT_THAT(raws(), ElementsAre("a", "b", "c"));
  EXPECT_EQ(broken_lines(), 0u);
}

TEST_F(DeadLetterFileTest, RemoveTakesLettersOutOfAllFiles) {
  reopen({.file_bytes_max = 400});
  for (const char* raw : {"1", "2", "3", "4", "5"}) write_and_sync(raw);
  EXPECT_EQ(remove({"2", "3", "4"}), 3u);
  EXPECT_THAT(raws(), ElementsAre("1", "5"));
  EXPECT_FALSE(exists("edge.ndjson.1")) << "a file left empty goes";
  EXPECT_EQ(remove({"no such letter"}), 0u);
}

TEST_F(DeadLetterFileTest, AWriterGoesOnAfterARemoval) {
  write_and_sync("1");
  write_and_sync("2");
  EXPECT_EQ(remove({"1"}), 1u);
  write_and_sync("3");
  EXPECT_THAT(raws(), ElementsAre("2", "3"));
  EXPECT_EQ(remove({"2", "3"}), 2u);
  write_and_sync("4");
  EXPECT_THAT(raws(), ElementsAre("4"));
}

TEST_F(DeadLetterFileTest, RemovalKeepsLinesThatAreNoLetters) {
  write_and_sync("1");
  close();
  state().write("dead-letter/edge.ndjson", "what is this\n" + state().read("dead-letter/edge.ndjson"));
  EXPECT_EQ(remove({"1"}), 1u);
  EXPECT_EQ(state().read("dead-letter/edge.ndjson"), "what is this\n");
}

TEST_F(DeadLetterFileTest, RemovalWhereThereIsNothing) { EXPECT_EQ(remove({"1"}), 0u); }

TEST_F(DeadLetterFileTest, PipelinesAreNamedAsTheScriptNamesThem) {
  write_and_sync("a");
  {
    DeadLetterFile other(state().path(), "a/b " + std::string(300, 'x'));
    EXPECT_TRUE(other.write({"s", "r", "f", 0, 1, "x"}).ok());
  }
  EXPECT_THAT(pipelines_with_dead_letters(state().path()), ElementsAre("a/b " + std::string(300, 'x'), "edge"));
  EXPECT_THAT(pipelines_with_dead_letters("/no/such/state"), IsEmpty());
}

TEST_F(DeadLetterFileTest, WorkersWriteWhileLettersAreRemoved) {
  const auto work = [&] {
    for (int i = 0; i < 50; ++i) write_and_sync("kept");
  };
  write_and_sync("removed");
  std::thread one(work), two(work);
  EXPECT_EQ(remove({"removed"}), 1u);
  one.join();
  two.join();
  EXPECT_EQ(read().size(), 100u);
}

}  // namespace
}  // namespace penstock
