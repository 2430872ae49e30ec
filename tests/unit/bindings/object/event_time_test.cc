#include "bindings/object/event_time.h"

#include <gtest/gtest.h>

#include "bindings/compress/compressor.h"

namespace penstock::object {
namespace {

using std::chrono::seconds;
using std::chrono::system_clock;

const system_clock::time_point moment{seconds(1795255325)};  // 2026-11-21T10:02:05Z

Package package(const std::string& plain, std::uint32_t first, Compression compression = Compression::gzip, std::uint32_t prefix = 0) {
  Package made;
  made.entry_bytes = {first, 2};
  made.form.compression = name_of(compression);
  made.form.prefix_bytes = prefix;
  EXPECT_TRUE(make_compressor(compression, levels_of(compression).standard)->compress(plain, made.body).ok());
  return made;
}

TEST(FirstEventTime, IsReadFromThePackage) {
  const std::string event = R"({"a":{"t":"2026-11-21T10:02:05Z"},"n":1795255325})";
  const auto size = static_cast<std::uint32_t>(event.size());
  const Path nested = parse_path("a.t").value(), flat = parse_path("n").value();
  for (const Compression compression : {Compression::none, Compression::gzip, Compression::zstd, Compression::snappy}) {
    EXPECT_EQ(first_event_time(package(event + "\n{}\n", size, compression), nested), moment);
    EXPECT_EQ(first_event_time(package("[\n" + event + ",\n{}\n]\n", size, compression, 2), flat), moment);
  }
}

TEST(FirstEventTime, IsNothingWhereThereIsNone) {
  const Path path = parse_path("t").value();
  for (const char* event : {"{}", "{\"t\":null}", "{\"t\":[]}", "{\"t\":\"soon\"}", "[1]", "t=1", "{\"t\":"}) {
    EXPECT_EQ(first_event_time(package(event, static_cast<std::uint32_t>(std::string_view(event).size())), path), std::nullopt) << event;
  }
  EXPECT_EQ(first_event_time(Package(), path), std::nullopt);
}

}  // namespace
}  // namespace penstock::object
