#include "runtime/delivery/spool_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>

#include "runtime/delivery/spool_name.h"
#include "tests/unit/runtime/delivery/queue_world.h"

namespace penstock::testing {
namespace {

std::string file_of(const Package& package) {
  Buffer head;
  append_spool_head(package, head);
  const auto tail = spool_tail(package.body.view());
  return std::string(head.view()) + std::string(package.body.view()) + std::string(tail.data(), tail.size());
}

std::string hex(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) {
    constexpr char digits[] = "0123456789abcdef";
    text += digits[static_cast<unsigned char>(byte) >> 4];
    text += digits[byte & 15];
  }
  return text;
}

// The example of SPOOL_FORMAT.md.
Package example() {
  Package package = package_of({R"({"a":1})", R"({"a":22})"}, nullptr);
  package.id = "00112233445566778899aabbccddeeff";
  package.made = std::chrono::system_clock::time_point(std::chrono::milliseconds(1795255200123));
  return package;
}

TEST(SpoolFile, ReadsBackWhatWasWritten) {
  const Package package = example();
  const std::string file = file_of(package);
  EXPECT_EQ(file.size(), spool_file_bytes(package));
  const Result<Package> read = parse_spool_file(file);
  ASSERT_TRUE(read.ok()) << read.status().text();
  EXPECT_EQ(read.value().id, package.id);
  EXPECT_EQ(read.value().body.view(), package.body.view());
  EXPECT_EQ(read.value().plain_bytes, package.plain_bytes);
  EXPECT_EQ(read.value().entry_bytes, package.entry_bytes);
  EXPECT_EQ(read.value().made, package.made);
  EXPECT_EQ(read.value().form.compression, "none");
  EXPECT_EQ(read.value().form.content_type, "application/x-ndjson");
  EXPECT_EQ(read.value().form.separator_bytes, 1u);
  EXPECT_TRUE(read.value().form.separator_ends);
}

// The bytes of the example: lines such as `    10  00 11 22   what they are`.
std::string example_in_text() {
  std::ifstream text(PENSTOCK_SOURCE_DIR "/runtime/delivery/SPOOL_FORMAT.md");
  const std::regex row("    [0-9a-f]{2}  ((?:[0-9a-f]{2} {1,2})+) .*");
  std::string bytes;
  for (std::string line; std::getline(text, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, row)) continue;
    for (const char digit : match[1].str())
      if (digit != ' ') bytes += digit;
  }
  return bytes;
}

TEST(SpoolFile, IsWhatTheFormatsTextShows) { EXPECT_EQ(hex(file_of(example())), example_in_text()); }

TEST(SpoolFile, AnyChangedByteIsDamage) {
  const std::string sound = file_of(example());
  for (std::size_t i = 0; i < sound.size(); ++i) {
    for (const char flip : {'\x01', '\x80'}) {
      std::string file = sound;
      file[i] = static_cast<char>(file[i] ^ flip);
      const Result<Package> read = parse_spool_file(file);
      ASSERT_FALSE(read.ok()) << "byte " << i;
      EXPECT_TRUE(read.status().code() == Code::corrupt || (i == 7 && read.status().code() == Code::unsupported)) << read.status().text();
    }
  }
}

TEST(SpoolFile, AnyCutOrGrownFileIsDamage) {
  const std::string sound = file_of(example());
  for (std::size_t size = 0; size < sound.size(); ++size) EXPECT_FALSE(parse_spool_file(sound.substr(0, size)).ok()) << size;
  EXPECT_FALSE(parse_spool_file(sound + "x").ok());
}

TEST(SpoolName, ReadsBackAndSortsAsTheKeysDo) {
  const SpoolName first{{1795255200123, 7, 0, 3}, 1000};
  const SpoolName second{{1795255200123, 7, 1u << 31, 3}, 1};
  const SpoolName third{{1795255200123, 4294967295, 0, 0}, 5};
  EXPECT_EQ(to_file_name(first), "001795255200123-0000000007-0000000000-00003-1000.package");
  for (const SpoolName& name : {first, second, third}) {
    const auto read = spool_name_of(to_file_name(name));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->key, name.key);
    EXPECT_EQ(read->events, name.events);
  }
  EXPECT_LT(to_file_name(first), to_file_name(second));
  EXPECT_LT(to_file_name(second), to_file_name(third));
  EXPECT_LT(first.key, second.key);
}

TEST(SpoolName, OtherFilesAreNone) {
  for (const char* name : {"", "x", ".package", "001795255200123-0000000007-0000000000-00003-1000.package.tmp", "001795255200123-0000000007-0000000000-00003-.package",
                           "1795255200123-0000000007-0000000000-00003-1.package", "001795255200123-0000000007-0000000000-00003-1x.package",
                           "001795255200123-0000000007-0000000000-99999-1.package", "001795255200123-0000000007-0000000000-00003-1-1.package"})
    EXPECT_FALSE(spool_name_of(name)) << name;
}

}  // namespace
}  // namespace penstock::testing
