#include "runtime/delivery/dead_letter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace penstock {
namespace {

constexpr ByteView time = "2026-11-21T10:00:00.000Z";

DeadLetter letter_of(ByteView raw) { return {"parse json", "not an object", "/var/log/a", 1024, raw.size(), raw}; }

std::string line_of(const DeadLetter& letter, std::size_t raw_bytes_max = 1000) {
  Buffer out;
  append_line(out, "edge", time, letter, raw_bytes_max);
  EXPECT_TRUE(out.view().ends_with('\n'));
  return std::string(out.view().substr(0, out.size() - 1));
}

TEST(DeadLetter, IsALineOfJson) {
  EXPECT_EQ(line_of(letter_of("{\"broken\"")),
            "{\"time\":\"2026-11-21T10:00:00.000Z\",\"pipeline\":\"edge\",\"stage\":\"parse json\",\"reason\":\"not an object\","
            "\"source\":\"/var/log/a\",\"offset\":1024,\"size\":9,\"raw\":\"{\\\"broken\\\"\",\"truncated\":false}");
}

TEST(DeadLetter, BytesThatAreNotUtf8BecomeBase64) {
  EXPECT_THAT(line_of(letter_of("\xff\xfe")), testing::HasSubstr("\"raw_base64\":\"//4=\""));
}

TEST(DeadLetter, RawIsCutAtTheBoundBetweenCharacters) {
  const std::pair<std::size_t, ByteView> cases[] = {{5, "ab\xe2\x82\xac"}, {4, "ab"}, {3, "ab"}, {2, "ab"}, {0, ""}};
  for (const auto& [most, kept] : cases) {
    const auto read = parse_letter(line_of(letter_of("ab\xe2\x82\xac"), most));
    ASSERT_TRUE(read.ok()) << most;
    EXPECT_EQ(read.value().raw, kept) << most;
    EXPECT_EQ(read.value().truncated, most < 5) << most;
    EXPECT_EQ(read.value().size, 5u) << most;
  }
}

TEST(DeadLetter, IsTruncatedWhenItsBytesWereLostBefore) {
  DeadLetter letter = letter_of("abc");
  letter.size = 100;
  EXPECT_TRUE(parse_letter(line_of(letter)).value().truncated);
}

TEST(DeadLetter, ReadsBackWhatWasWritten) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::string raw(random() % 40, '\0');
    for (char& c : raw) c = static_cast<char>(round % 2 == 0 ? random() % 128 : random());
    const std::string line = line_of(letter_of(raw));
    const auto read = parse_letter(line);
    ASSERT_TRUE(read.ok()) << line;
    EXPECT_EQ(read.value().raw, raw);
    EXPECT_EQ(read.value().stage, "parse json");
    EXPECT_EQ(read.value().reason, "not an object");
    EXPECT_EQ(read.value().source, "/var/log/a");
    EXPECT_EQ(read.value().pipeline, "edge");
    EXPECT_EQ(read.value().time, time);
    EXPECT_EQ(read.value().offset, 1024u);
    EXPECT_EQ(read.value().id, letter_id(line));
  }
}

TEST(DeadLetter, ATornLineIsCorruptWhereverItIsTorn) {
  const std::string line = line_of(letter_of("some bytes"));
  for (std::size_t size = 0; size < line.size(); ++size)
    EXPECT_EQ(parse_letter(ByteView(line).substr(0, size)).status().code(), Code::corrupt) << size;
}

TEST(DeadLetter, ForeignLinesAreNoLetters) {
  for (const char* line : {"", "[]", "1", "{}", "{\"raw_base64\":\"?\"}", "{\"raw\":1}"}) EXPECT_FALSE(parse_letter(line).ok()) << line;
}

TEST(SafeFileName, KeepsPlainNamesAndEscapesTheRest) {
  const std::pair<const char*, const char*> cases[] = {
      {"edge-errors_2.a", "edge-errors_2.a"}, {"../etc", "%2E.%2Fetc"}, {".", "%2E"}, {"a b", "a%20b"}, {"\xc3\xa4", "%C3%A4"}, {"", "%"}, {"%", "%25"},
  };
  for (const auto& [name, file] : cases) EXPECT_EQ(safe_file_name(name), file) << name;
}

TEST(SafeFileName, LongNamesStayDifferent) {
  const std::string a = safe_file_name(std::string(300, 'x') + "a"), b = safe_file_name(std::string(300, 'x') + "b");
  EXPECT_EQ(a.size(), 200u);
  EXPECT_NE(a, b);
}

}  // namespace
}  // namespace penstock
