// Blocks by google/snappy, format_description.txt.
#include <gtest/gtest.h>

#include <string>

#include "bindings/compress/compressor.h"
#include "bindings/compress/decompressor.h"

namespace penstock {
namespace {

std::string compressed(std::string_view text) {
  Buffer out;
  EXPECT_TRUE(make_compressor(Compression::snappy_block, 0)->compress(text, out).ok());
  return std::string(out.view());
}

// Steps until nothing comes; `piece`: of the input at a time.
std::string decoded(std::string_view block, std::size_t piece, bool& clean) {
  const auto decompressor = make_decompressor(Compression::snappy_block);
  std::string out;
  char room[1000];
  while (true) {
    const Result<Progress> progress = decompressor->step(block.substr(0, piece), room);
    if (!progress.ok()) break;
    block.remove_prefix(progress.value().consumed);
    out.append(room, progress.value().produced);
    if (block.empty() && progress.value().produced == 0) break;
  }
  clean = decompressor->at_clean_end();
  return out;
}

TEST(SnappyBlock, TheFormatsOwnExample) {
  // Length 5, then a literal of 5 bytes (tag (5-1) << 2).
  EXPECT_EQ(compressed("hello"), std::string("\x05\x10hello"));
  bool clean = false;
  EXPECT_EQ(decoded("\x05\x10hello", 100, clean), "hello");
  EXPECT_TRUE(clean);
}

TEST(SnappyBlock, GoesThereAndBackInPiecesOfAnySize) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "line " + std::to_string(i * i) + "\n";
  const std::string block = compressed(text);
  EXPECT_LT(block.size(), text.size());
  for (const std::size_t piece : {block.size(), block.size() / 3, std::size_t{997}}) {
    bool clean = false;
    EXPECT_EQ(decoded(block, piece, clean), text);
    EXPECT_TRUE(clean);
  }
}

TEST(SnappyBlock, OneThatWasCutIsNeverWhole) {
  const std::string block = compressed(std::string(1000, 'a') + "end");
  for (std::size_t size = 1; size < block.size(); ++size) {
    bool clean = true;
    EXPECT_EQ(decoded(block.substr(0, size), 100000, clean), "");
    EXPECT_FALSE(clean);
  }
}

TEST(SnappyBlock, AClaimThatCannotBeTrueTakesNoMemory) {
  bool clean = true;
  EXPECT_EQ(decoded(std::string("\xff\xff\xff\xff\x0f\x10hello"), 100, clean), "");
  EXPECT_FALSE(clean);
}

TEST(SnappyBlock, NothingMayFollow) {
  const auto decompressor = make_decompressor(Compression::snappy_block);
  char room[100];
  ASSERT_TRUE(decompressor->step(std::string_view("\x05\x10hello"), room).ok());
  Result<Progress> progress = decompressor->step("more", room);
  while (progress.ok() && progress.value().produced != 0) progress = decompressor->step("more", room);
  EXPECT_FALSE(progress.ok());
}

}  // namespace
}  // namespace penstock
