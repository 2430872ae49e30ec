#include "bindings/source/path_pattern.h"

#include "tests/unit/bindings/source/source_bench.h"

namespace penstock {
namespace {

using testing::TemporaryDirectory;
using testing::write_file;

PathPattern pattern(const std::string& text) { return PathPattern::parse(text).value(); }

TEST(PathPattern, MatchesNames) {
  const struct {
    const char* pattern;
    const char* path;
    bool matches;
  } cases[] = {
      {"/var/log/*.log", "/var/log/a.log", true},
      {"/var/log/*.log", "/var/log/sub/a.log", false},
      {"/var/log/*.log", "/var/log/.a.log", false},
      {"/var/log/.*.log", "/var/log/.a.log", true},
      {"/var/log/*.log", "var/log/a.log", false},
      {"/var/**/a.log", "/var/a.log", true},
      {"/var/**/a.log", "/var/x/y/a.log", true},
      {"/var/**/a.log", "/var/x/y/b.log", false},
      {"/var/**", "/var/x/y", true},
      {"/var/log/a[0-9].log", "/var/log/a7.log", true},
      {"/var/log/a[!0-9].log", "/var/log/a7.log", false},
      {"/var/log/a[]x].log", "/var/log/a].log", true},
      {"/var/log/a?.log", "/var/log/ab.log", true},
      {"/var/log/a\\*.log", "/var/log/a*.log", true},
      {"/var/log/a\\*.log", "/var/log/ab.log", false},
      {"*.gz", "/var/log/deep/a.gz", true},
      {"*.gz", "/var/log/deep/a.log", false},
  };
  for (const auto& c : cases) EXPECT_EQ(pattern(c.pattern).matches(c.path), c.matches) << c.pattern << " " << c.path;
}

TEST(PathPattern, UnclosedBracketIsRefusedWithItsColumn) {
  const Result<PathPattern> broken = PathPattern::parse("/var/log/[a.log");
  ASSERT_FALSE(broken.ok());
  EXPECT_EQ(broken.status().code(), Code::invalid);
  EXPECT_NE(broken.status().text().find("column 10"), std::string::npos) << broken.status().text();
  EXPECT_FALSE(PathPattern::parse("/var/[lo/g].log").ok());
  EXPECT_FALSE(PathPattern::parse("").ok());
  EXPECT_TRUE(PathPattern::parse("/var/log/\\[a.log").ok());
}

TEST(PathPattern, ExpandsToFilesAndTheDirectoriesToWatch) {
  const TemporaryDirectory dir;
  std::filesystem::create_directories(dir / "x/y");
  for (const char* name : {"b.log", "a.log", "a.txt", ".hidden.log", "x/c.log", "x/y/d.log"}) write_file(dir / name, "");
  PathsFound found;
  pattern(dir / "*.log").expand(found);
  found.tidy();
  EXPECT_EQ(found.files, (std::vector<std::string>{dir / "a.log", dir / "b.log"}));
  EXPECT_EQ(found.directories, (std::vector<std::string>{dir.path()}));

  PathsFound deep;
  pattern(dir / "**/*.log").expand(deep);
  deep.tidy();
  EXPECT_EQ(deep.files, (std::vector<std::string>{dir / "a.log", dir / "b.log", dir / "x/c.log", dir / "x/y/d.log"}));
  EXPECT_EQ(deep.directories, (std::vector<std::string>{dir.path(), dir / "x", dir / "x/y"}));
}

TEST(PathPattern, LiteralThatIsNotThereIsWatchedFor) {
  const TemporaryDirectory dir;
  PathsFound found;
  pattern(dir / "later.log").expand(found);
  EXPECT_TRUE(found.files.empty());
  EXPECT_EQ(found.directories, (std::vector<std::string>{dir.path()}));
}

}  // namespace
}  // namespace penstock
