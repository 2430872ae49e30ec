#include "bindings/object/key_template.h"

#include <gtest/gtest.h>

namespace penstock::object {
namespace {

using std::chrono::seconds;
using std::chrono::system_clock;

const KeyFacts facts{system_clock::time_point{seconds(1795255325)},  // 2026-11-21T10:02:05Z
                     "0123456789abcdef0123456789abcdef", "feedfacefeedface"};
const KeyWriter writer{"edge/errors", "host-1", 3, "ndjson.gz"};

TEST(KeyTemplate, PutsInWhatIsKnownOfThePackage) {
  const struct {
    const char *text, *key;
  } cases[] = {
      {"{id}", "0123456789abcdef0123456789abcdef"},
      {"{yyyy}/{MM}/{dd}/{HH}/{mm}/{hash}.{extension}", "2026/11/21/10/02/feedfacefeedface.ndjson.gz"},
      {"{pipeline}/{host}-{worker}-{first_time}-{hash}", "edge_errors/host-1-3-20261121T100205Z-feedfacefeedface"},
  };
  for (const auto& c : cases) EXPECT_EQ(KeyTemplate::parse(c.text).value().expand(facts, writer), c.key);
}

TEST(KeyTemplate, SaysWhatIsWrong) {
  const struct {
    const char *text, *says;
  } cases[] = {
      {"", "key is empty"},
      {"a/{id", "key has a { without its }"},
      {"{extention}", "did you mean {extension}?"},
      {"/a/{id}", "begins with /"},
      {"a//{id}", "has an empty name between two slashes"},
      {"a/{id}/", "at its end"},
      {"a/../{id}", "has a name that is . or .."},
      {"a\\{id}", "backslash"},
      {"a\n{id}", "control character"},
      {"{yyyy}/{worker}", "needs {id} (or {hash})"},
  };
  for (const auto& c : cases) {
    const auto parsed = KeyTemplate::parse(c.text);
    ASSERT_FALSE(parsed.ok()) << c.text;
    EXPECT_NE(parsed.status().text().find(c.says), std::string::npos) << parsed.status().text();
  }
}

TEST(KeyTemplate, BoundsTheLengthOfItsLongestKey) {
  const KeyTemplate fits = KeyTemplate::parse(std::string(key_bytes_max - 32, 'a') + "{id}").value();
  const KeyTemplate too_long = KeyTemplate::parse(std::string(key_bytes_max - 31, 'a') + "{id}").value();
  EXPECT_TRUE(fits.check_length(writer).ok());
  EXPECT_EQ(too_long.check_length(writer).code(), Code::invalid);
}

TEST(KeyTemplate, AsksForTheHashOnlyWhenItIsPutIn) {
  EXPECT_TRUE(KeyTemplate::parse("{hash}").value().needs_hash());
  EXPECT_FALSE(KeyTemplate::parse("{id}").value().needs_hash());
}

TEST(KeyTemplate, KnowsTheDirectoryThatAllItsKeysAreIn) {
  for (const auto& [text, directory] : {std::pair{"logs/edge/{yyyy}/{id}", "logs/edge/"}, {"logs/app-{id}", "logs/"}, {"{id}", ""}, {"app-{id}", ""}, {"{MM}/a/{id}", ""}})
    EXPECT_EQ(KeyTemplate::parse(text).value().directory(), directory) << text;
}

TEST(KeyTemplate, APrefixIsADirectory) {
  EXPECT_EQ(as_directory("logs"), "logs/");
  EXPECT_EQ(as_directory("logs/edge/"), "logs/edge/");
  EXPECT_EQ(as_directory(""), "");
}

}  // namespace
}  // namespace penstock::object
