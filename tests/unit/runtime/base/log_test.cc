#include "runtime/base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace penstock {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

class Log : public testing::Test {
 protected:
  void configure(log::Level level, log::Format format = log::Format::text) { log::configure({level, format, &out_}); }
  void SetUp() override { configure(log::Level::info); }
  void TearDown() override { log::configure({}); }
  std::string written() { return std::exchange(out_, std::ostringstream()).str(); }
  std::vector<std::string> lines() {
    std::vector<std::string> all;
    std::istringstream in(out_.str());
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }

 private:
  std::ostringstream out_;
};

TEST_F(Log, TextLinesHaveTimeLevelComponentMessage) {
  log::info("source.file", "found 3 files");
  EXPECT_THAT(written(), MatchesRegex("[0-9-]*T[0-9:.]*Z info  source.file: found 3 files\n"));
}

TEST_F(Log, JsonLinesAreObjects) {
  configure(log::Level::info, log::Format::json);
  log::error("sink \"x\"", "a\nb\tc\\ \x01 \xff \xc3\xa4");
  EXPECT_THAT(written(), EndsWith("\"level\":\"error\",\"component\":\"sink \\\"x\\\"\","
                                  "\"message\":\"a\\nb\\u0009c\\\\ \\u0001 \xef\xbf\xbd \xc3\xa4\"}\n"));
}

TEST_F(Log, LowerLevelsAreNotWritten) {
  configure(log::Level::warn);
  log::trace("c", "m");
  log::debug("c", "m");
  log::info("c", "m");
  EXPECT_THAT(lines(), IsEmpty());
  log::warn("c", "m");
  log::error("c", "m");
  EXPECT_EQ(lines().size(), 2u);
}

TEST_F(Log, OffIsSilent) {
  configure(log::Level::off);
  log::error("c", "m");
  EXPECT_FALSE(log::enabled(log::Level::off));
  EXPECT_THAT(lines(), IsEmpty());
}

TEST_F(Log, NoMessageCanPassForAnotherOrSteerATerminal) {
  log::info("c", "one\n2026-11-21T10:00:00.000Z error c: forged \x1b[2J\r");
  EXPECT_THAT(written(), EndsWith("one\n    2026-11-21T10:00:00.000Z error c: forged \\x1b[2J\\x0d\n"));
}

TEST_F(Log, KnowsTheNamesOfLevelsAndFormats) {
  EXPECT_EQ(log::level_from_name("warn"), log::Level::warn);
  EXPECT_EQ(log::level_from_name("WARN"), std::nullopt);
  EXPECT_EQ(log::format_from_name("json"), log::Format::json);
  EXPECT_EQ(log::format_from_name("xml"), std::nullopt);
}

TEST_F(Log, TheSameMessageIsHeldBackAndCounted) {
  for (int i = 0; i < 10; ++i) log::write_limited(log::Level::warn, "c", "again");
  log::write_limited(log::Level::warn, "c", "another");
  ASSERT_EQ(lines().size(), 2u);
  log::tell_held_back(true);
  ASSERT_EQ(lines().size(), 3u);
  EXPECT_THAT(lines()[2], EndsWith("again (9 times more)"));
  log::tell_held_back(true);
  EXPECT_EQ(lines().size(), 3u);
}

TEST_F(Log, MessagesThatAreNeverTheSameAreBoundedToo) {
  for (int i = 0; i < 1000; ++i) log::write_limited(log::Level::warn, "c", std::to_string(i));
  EXPECT_EQ(lines().size(), 256u);
  log::tell_held_back(true);
  EXPECT_THAT(lines().back(), HasSubstr("744 messages of other kinds"));
}

TEST_F(Log, LinesOfThreadsDoNotMix) {
  const auto say = [] {
    for (int i = 0; i < 500; ++i) log::info("c", "0123456789");
  };
  std::thread other(say);
  say();
  other.join();
  ASSERT_EQ(lines().size(), 1000u);
  for (const std::string& line : lines()) ASSERT_THAT(line, EndsWith(" info  c: 0123456789"));
}

}  // namespace
}  // namespace penstock
