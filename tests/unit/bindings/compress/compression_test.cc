#include "bindings/compress/compression.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

TEST(Compression, NamesGoBothWays) {
  for (const char* name : {"none", "gzip", "zlib", "snappy", "zstd", "lz4"}) EXPECT_EQ(name_of(compression_of_name(name).value()), name);
  EXPECT_EQ(compression_of_name("gz"), std::nullopt);
  EXPECT_EQ(compression_of_name(""), std::nullopt);
}

TEST(Compression, IsKnownByTheEndingOfAFileName) {
  EXPECT_EQ(compression_of_path("/var/log/a.log.1.gz"), Compression::gzip);
  EXPECT_EQ(compression_of_path("a.zst"), Compression::zstd);
  EXPECT_EQ(compression_of_path("a.lz4"), Compression::lz4);
  EXPECT_EQ(compression_of_path("a.sz"), Compression::snappy);
  EXPECT_EQ(compression_of_path("a.zz"), Compression::zlib);
  EXPECT_EQ(compression_of_path("a.log"), Compression::none);
}

TEST(Sniff, TakesTextForNothing) {
  for (const char* text : {"", "x", "x^2 + y", "{\"a\":1}", "\x1f", "\x1f\x8b"}) EXPECT_EQ(sniff(text), std::nullopt) << text;
}

TEST(Sniff, ASkippableFrameIsZstd) { EXPECT_EQ(sniff("\x50\x2a\x4d\x18"), Compression::zstd); }

}  // namespace
}  // namespace penstock
