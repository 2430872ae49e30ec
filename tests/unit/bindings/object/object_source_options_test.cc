#include "bindings/object/object_source_options.h"

#include <gtest/gtest.h>

namespace penstock::object {
namespace {

using Time = ObjectSourceOptions::Time;

const Time now = Time(std::chrono::seconds(1795255325));  // 2026-11-21T10:02:05Z

credentials::Machine machine() {
  return {[] { return now; }, [](const std::string&) { return std::optional<std::string>(); },
          [](const std::string& path) -> Result<std::string> { return Status(Code::not_found, path); }};
}
Result<ObjectSourceOptions> from(ValueMap options) {
  options.emplace("bucket", Value("logs"));
  return ObjectSourceOptions::from(Vendor::s3, Value(std::move(options)), machine(), now);
}
std::string refusal(ValueMap options) {
  const auto result = from(std::move(options));
  return result.ok() ? "" : result.status().text();
}

TEST(ObjectSourceOptions, SinceIsATimeOrSoLongAgo) {
  EXPECT_EQ(from({{"since", Value("2026-11-21T10:00:00Z")}})->since, now - std::chrono::seconds(125));
  EXPECT_EQ(from({{"since", Value("24h")}})->since, now - std::chrono::hours(24));
  EXPECT_FALSE(from({})->since);
  EXPECT_EQ(refusal({{"since", Value("yesterday")}}), "since is a time such as 2026-11-21T10:00:00Z, or so long ago, such as 24h, got \"yesterday\"");
}

TEST(ObjectSourceOptions, MistakesAreNamed) {
  EXPECT_EQ(refusal({{"match", Value("a[")}}), "option 'match': path 'a[': the '[' at column 2 is never closed");
  EXPECT_NE(refusal({{"bucket", Value("Logs/edge")}}).find("(hint: what follows the slash is prefix)"), std::string::npos);
}

TEST(ObjectSourceOptions, AnotherSelectionIsAnotherText) {
  const std::string plain = from({})->selection();
  for (const char* option : {"prefix", "start_after", "match", "exclude"}) EXPECT_NE(from({{option, Value("x")}})->selection(), plain) << option;
  EXPECT_NE(from({{"since", Value("1h")}})->selection(), plain);
  EXPECT_EQ(from({{"poll_ms", Value(5)}})->selection(), plain);
}

TEST(ObjectSourceOptions, DescribeItself) {
  EXPECT_EQ(from({{"prefix", Value("edge/")}, {"region", Value("eu-west-1")}})->describe(), "s3://logs/edge/* (eu-west-1) (followed)");
  EXPECT_EQ(from({{"follow", Value(false)}, {"endpoint", Value("http://127.0.0.1:9000")}})->describe(), "s3://logs/* at http://127.0.0.1:9000 (to its end)");
}

}  // namespace
}  // namespace penstock::object
