#include "bindings/sink/path_template.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

const std::chrono::system_clock::time_point moment{std::chrono::seconds(1795255325)};  // 2026-11-21T10:02:05Z

TEST(PathTemplate, PutsInTheUtcTimeAndTheWriter) {
  const PathTemplate::Writer writer{"edge/errors", "host-1", 3};
  const struct {
    const char *text, *path;
  } cases[] = {
      {"/var/out/a.ndjson", "/var/out/a.ndjson"},
      {"{yyyy}-{MM}-{dd}T{HH}:{mm}", "2026-11-21T10:02"},
      {"{pipeline}.{host}.{worker}.log", "edge_errors.host-1.3.log"},
  };
  for (const auto& c : cases) EXPECT_EQ(PathTemplate::parse(c.text).value().expand(moment, writer), c.path);
}

TEST(PathTemplate, KnowsWhetherTimeChangesIt) {
  EXPECT_TRUE(PathTemplate::parse("a-{mm}").value().dated());
  EXPECT_FALSE(PathTemplate::parse("a-{worker}-{host}-{pipeline}").value().dated());
}

TEST(PathTemplate, SaysWhatIsWrong) {
  EXPECT_EQ(PathTemplate::parse("").status().text(), "path is empty");
  EXPECT_EQ(PathTemplate::parse("a{").status().text(), "path has a { without its }: a{");
  EXPECT_NE(PathTemplate::parse("{workr}").status().text().find("did you mean {worker}?"), std::string::npos);
}

}  // namespace
}  // namespace penstock
