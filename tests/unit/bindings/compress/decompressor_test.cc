#include "bindings/compress/decompressor.h"

#include <gtest/gtest.h>

#include "tests/unit/bindings/compress/streams.h"

namespace penstock {
namespace {

using namespace testing;

class EveryFormat : public ::testing::TestWithParam<Compression> {};
class EveryMemberFormat : public ::testing::TestWithParam<Compression> {};
std::string name_of_case(const ::testing::TestParamInfo<Compression>& info) { return std::string(name_of(info.param)); }
INSTANTIATE_TEST_SUITE_P(Decompressor, EveryFormat, ::testing::ValuesIn(all_formats), name_of_case);
INSTANTIATE_TEST_SUITE_P(Decompressor, EveryMemberFormat, ::testing::ValuesIn(member_formats), name_of_case);

TEST_P(EveryFormat, GivesBackWhatWasCompressedInPiecesOfAnySize) {
  for (const std::string& text : {std::string(), std::string("x"), log_text(1000), log_text(300000), noise(200000)}) {
    const std::string bytes = member_of(GetParam(), text);
    for (const auto& [in_size, out_size] : {std::pair<std::size_t, std::size_t>{1, 1 << 16}, {7, 3}, {1 << 16, 1}, {1 << 20, 1 << 20}}) {
      const Decoded decoded = decode(GetParam(), bytes, in_size, out_size);
      EXPECT_EQ(decoded.error, "");
      EXPECT_TRUE(decoded.data == text) << in_size << " " << out_size;
      EXPECT_TRUE(decoded.clean_end);
    }
  }
}

TEST_P(EveryFormat, AnEmptyStreamIsACleanEnd) {
  const Decoded decoded = decode(GetParam(), "");
  EXPECT_EQ(decoded.error, "");
  EXPECT_TRUE(decoded.clean_end);
}

TEST_P(EveryFormat, AStreamCutShortGivesWhatIsThereAndNoCleanEnd) {
  const std::string text = log_text(3000);
  const std::string bytes = member_of(GetParam(), text);
  const std::size_t header = GetParam() == Compression::snappy ? 10 : 0;  // an identifier alone is a stream
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    const Decoded decoded = decode(GetParam(), ByteView(bytes).substr(0, size));
    EXPECT_EQ(decoded.error, "") << size;
    EXPECT_TRUE(text.starts_with(decoded.data));
    EXPECT_EQ(decoded.clean_end, size == header) << size;
  }
}

TEST_P(EveryFormat, ADamagedByteIsNeverTakenForGoodData) {
  const std::string text = noise(500) + log_text(2500);
  const std::string bytes = member_of(GetParam(), text);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    const Decoded decoded = decode(GetParam(), damaged);
    const bool told = !decoded.error.empty() || !decoded.clean_end;
    EXPECT_TRUE(told || decoded.data == text) << at;
  }
}

TEST_P(EveryFormat, GarbageAfterTheEndIsReportedAfterTheData) {
  const std::string text = log_text(100000);
  for (const std::string garbage : {"garbage!!!!", "\n\n\n\n\n\n\n\n\n\n\n\n"}) {
    const Decoded decoded = decode(GetParam(), member_of(GetParam(), text) + garbage);
    EXPECT_NE(decoded.error, "");
    EXPECT_TRUE(decoded.data == text);
  }
}

TEST_P(EveryFormat, AnErrorStays) {
  auto decompressor = make_decompressor(GetParam());
  char out[100];
  const std::string bytes = "this is plain text, no compressed stream";
  ASSERT_FALSE(decompressor->step(bytes, out).ok());
  const Result<Progress> again = decompressor->step(member_of(GetParam(), "good"), out);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.status().code(), Code::corrupt);
}

TEST_P(EveryFormat, IsKnownByItsFirstBytes) {
  const std::string bytes = member_of(GetParam(), log_text(1000));
  EXPECT_EQ(sniff(ByteView(bytes).substr(0, sniff_size)), GetParam());
}

TEST_P(EveryMemberFormat, MembersFollowOneAnother) {
  const std::string a = log_text(100000, 1), b = log_text(10, 2), c = log_text(70000, 3);
  const std::string bytes = member_of(GetParam(), a) + member_of(GetParam(), b) + member_of(GetParam(), c);
  for (std::size_t in_size : {std::size_t{1}, std::size_t{1000}, bytes.size()}) {
    const Decoded decoded = decode(GetParam(), bytes, in_size);
    EXPECT_EQ(decoded.error, "");
    EXPECT_TRUE(decoded.data == a + b + c);
    EXPECT_GE(decoded.members, 3u);
  }
}

TEST_P(EveryMemberFormat, AMemberEndsRightAfterItsLastByte) {
  const std::string first = member_of(GetParam(), "one"), bytes = first + member_of(GetParam(), "two");
  auto decompressor = make_decompressor(GetParam());
  char out[100];
  const Result<Progress> progress = decompressor->step(bytes, out);
  ASSERT_TRUE(progress.ok());
  EXPECT_TRUE(progress.value().member_ended);
  EXPECT_EQ(progress.value().consumed, first.size());
  EXPECT_EQ(ByteView(out, progress.value().produced), "one");
}

TEST(GzipDecompressor, ZeroPaddingAfterAMemberIsNoDamage) {
  const std::string member = member_of(Compression::gzip, "text");
  for (const std::string& bytes : {member + std::string(1000, '\0'), member + std::string(3, '\0') + member}) {
    const Decoded decoded = decode(Compression::gzip, bytes, 7);
    EXPECT_EQ(decoded.error, "");
    EXPECT_TRUE(decoded.clean_end);
    EXPECT_TRUE(decoded.data.starts_with("text"));
  }
}

TEST(GzipDecompressor, TakesHeadersWithNameCommentAndExtra) {
  std::string member = member_of(Compression::gzip, "text");
  const std::string extra("\x04\x00" "abcd", 6);
  const std::string bytes = member.substr(0, 3) + '\x1c' + member.substr(4, 6) + extra + std::string("name\0comment\0", 13) + member.substr(10);
  for (std::size_t in_size : {1, 5, 1000}) {
    const Decoded decoded = decode(Compression::gzip, bytes, in_size);
    EXPECT_EQ(decoded.error, "");
    EXPECT_EQ(decoded.data, "text");
  }
}

// Found by fuzzing: the decoder reads ahead over the border of two pieces, and then meets the damage.
TEST(GzipDecompressor, DamageAfterAPieceThatWasReadAheadIsToldOnce) {
  const std::string bytes("\x1f\x8b\x08\x00\x00\x00\x18\x00\x00\x4d\x0a\xc3\x20\x10\x40\xe1\x7d\x06\x3d\x04\x00\x00\x00\x00\x00\x00\x00", 27);
  for (std::size_t in_size = 1; in_size <= bytes.size(); ++in_size) {
    const Decoded decoded = decode(Compression::gzip, bytes, in_size);
    EXPECT_FALSE(decoded.clean_end);
    EXPECT_NE(decoded.error, "") << in_size;
  }
}

TEST(ZstdDecompressor, SkippableFramesAreSkipped) {
  const std::string skippable("\x53\x2a\x4d\x18\x03\x00\x00\x00xyz", 11);
  const Decoded decoded = decode(Compression::zstd, skippable + member_of(Compression::zstd, "text") + skippable);
  EXPECT_EQ(decoded.error, "");
  EXPECT_EQ(decoded.data, "text");
  EXPECT_TRUE(decoded.clean_end);
}

TEST(ZstdDecompressor, WindowsBeyondTheBoundAreRefused) {
  // Magic, descriptor without content size, window of 2^41 bytes.
  const Decoded decoded = decode(Compression::zstd, std::string("\x28\xb5\x2f\xfd\x00\xf8\x01\x00\x00", 9));
  EXPECT_NE(decoded.error.find("memory"), std::string::npos) << decoded.error;
}

// Found by fuzzing: libzstd reads these in one way when it has the frame at once, and in another when it comes in pieces.
TEST(ZstdDecompressor, DamageIsToldHoweverTheFrameIsCut) {
  const std::string before_0_8("\x27\xb5\x2f\xfd\x00\x00\x00\x00\x00", 9);
  const std::string shorter_than_stated("\x28\xb5\x2f\xfd\x70\x59\xfa\x01\x00\x00", 10);
  for (const std::string& bytes : {before_0_8, shorter_than_stated}) {
    for (std::size_t in_size = 1; in_size <= bytes.size(); ++in_size) {
      const Decoded decoded = decode(Compression::zstd, bytes, in_size);
      EXPECT_NE(decoded.error, "") << in_size;
    }
  }
}

// A stream by the framing text's grammar, put together by hand.
TEST(SnappyDecompressor, PlainPaddingAndSkippableChunks) {
  const std::string identifier("\xff\x06\x00\x00sNaPpY", 10);
  const std::string padding("\xfe\x02\x00\x00\x00\x00", 6), skippable("\x80\x01\x00\x00z", 5), reserved("\x02\x01\x00\x00z", 5);
  const std::string chunk = member_of(Compression::snappy, "text").substr(10);
  EXPECT_EQ(decode(Compression::snappy, identifier + padding + chunk + skippable + identifier + chunk, 1).data, "texttext");
  EXPECT_NE(decode(Compression::snappy, identifier + reserved).error, "");
  EXPECT_NE(decode(Compression::snappy, chunk).error, "");
  const std::string huge("\x01\xff\xff\xff", 4);
  EXPECT_NE(decode(Compression::snappy, identifier + huge).error, "") << "a chunk's size is bounded";
}

TEST(PlainDecompressor, Copies) {
  const Decoded decoded = decode(Compression::none, "anything", 3, 2);
  EXPECT_EQ(decoded.data, "anything");
  EXPECT_TRUE(decoded.clean_end);
}

}  // namespace
}  // namespace penstock
