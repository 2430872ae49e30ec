#include "runtime/event/path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock {
namespace {

struct Readable {
  const char* text;
  Path path;
  const char* written;  // by to_text
};

class ReadablePath : public ::testing::TestWithParam<Readable> {};

TEST_P(ReadablePath, HasItsSegments) {
  const Result<Path> path = parse_path(GetParam().text);
  ASSERT_TRUE(path.ok()) << path.status().text();
  EXPECT_EQ(path.value(), GetParam().path);
  EXPECT_EQ(to_text(path.value()), GetParam().written);
  EXPECT_EQ(parse_path(to_text(path.value())).value(), path.value()) << "as written it reads the same";
}

INSTANTIATE_TEST_SUITE_P(Grammar, ReadablePath,
                         ::testing::Values(Readable{"status", {"status"}, "status"}, Readable{"a.b.c", {"a", "b", "c"}, "a.b.c"},
                                           Readable{"@timestamp", {"@timestamp"}, "@timestamp"}, Readable{"_x-1.y_2", {"_x-1", "y_2"}, "_x-1.y_2"},
                                           Readable{"a[\"x y\"]", {"a", "x y"}, "a.\"x y\""}, Readable{"a['b.c'].d", {"a", "b.c", "d"}, "a.\"b.c\".d"},
                                           Readable{"\"any name\".b", {"any name", "b"}, "\"any name\".b"},
                                           Readable{"\"a\"\"b\"", {"a\"b"}, "\"a\"\"b\""}, Readable{"a['it''s']", {"a", "it's"}, "a.\"it's\""},
                                           Readable{"\"\"", {""}, "\"\""}, Readable{"a[\"0\"]", {"a", "0"}, "a.\"0\""}));

struct Unreadable {
  const char* text;
  const char* problem;
};

class UnreadablePath : public ::testing::TestWithParam<Unreadable> {};

TEST_P(UnreadablePath, IsRefusedWithItsColumn) {
  const Result<Path> path = parse_path(GetParam().text);
  ASSERT_FALSE(path.ok());
  EXPECT_EQ(path.status().code(), Code::invalid);
  EXPECT_THAT(path.status().text(), ::testing::HasSubstr(GetParam().problem));
}

INSTANTIATE_TEST_SUITE_P(Mistakes, UnreadablePath,
                         ::testing::Values(Unreadable{"", "column 1: expected a field name"}, Unreadable{"a.", "column 3: expected a field name"},
                                           Unreadable{"a..b", "column 3: expected a field name"}, Unreadable{".a", "column 1: expected a field name"},
                                           Unreadable{"1a", "column 1: expected a field name"}, Unreadable{"a b", "column 2: expected '.' or '['"},
                                           Unreadable{"a[b]", "column 3: expected a quoted name"}, Unreadable{"a[\"b\"", "column 6: expected ']'"},
                                           Unreadable{"a[", "column 3: expected a quoted name"}, Unreadable{"\"a", "column 3: the quoted name does not end"}));

}  // namespace
}  // namespace penstock
