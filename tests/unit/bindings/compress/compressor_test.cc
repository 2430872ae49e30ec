#include "bindings/compress/compressor.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "tests/unit/bindings/compress/streams.h"

namespace penstock {
namespace {

using namespace testing;

// What zlib itself reads from a gzip member.
std::string inflated_by_zlib(ByteView bytes) {
  z_stream stream{};
  if (inflateInit2(&stream, MAX_WBITS + 16) != Z_OK) return "no memory";
  std::string out(1 << 22, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = inflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return result == Z_STREAM_END && stream.avail_in == 0 ? out : "not a whole member";
}

TEST(Compressor, EveryLevelOfEveryFormatGivesBackTheData) {
  for (Compression format : all_formats) {
    const LevelRange range = levels_of(format);
    for (int level = range.least; level <= range.most; ++level) {
      const std::optional<int> given = range.most == 0 ? std::nullopt : std::optional<int>(level);
      for (const std::string& text : {std::string(), log_text(200000), noise(100000)}) {
        const Decoded decoded = decode(format, member_of(format, text, given));
        EXPECT_EQ(decoded.error, "") << name_of(format) << level;
        EXPECT_TRUE(decoded.data == text) << name_of(format) << level;
      }
    }
  }
}

TEST(Compressor, GzipIsReadByZlib) {
  for (int level = 1; level <= 9; ++level) {
    for (const std::string& text : {std::string(), log_text(1 << 20), noise(1 << 20)}) {
      EXPECT_TRUE(inflated_by_zlib(member_of(Compression::gzip, text, level)) == text) << level;
    }
  }
}

TEST(Compressor, GzipCarriesNoTimeSoThatBytesRepeat) {
  for (int level : {1, 6}) EXPECT_EQ(member_of(Compression::gzip, "x", level).substr(4, 4), std::string(4, '\0'));
}

TEST(Compressor, MembersAreAppendedToWhatIsThere) {
  for (Compression format : member_formats) {
    Buffer out;
    auto compressor = make_compressor(format, check_level(format, {}).value());
    ASSERT_TRUE(compressor->compress("one ", out).ok());
    ASSERT_TRUE(compressor->compress("two", out).ok());
    EXPECT_EQ(decode(format, out.view()).data, "one two");
  }
}

TEST(Compressor, TextShrinks) {
  const std::string text = log_text(1 << 20);
  for (Compression format : all_formats) EXPECT_LT(member_of(format, text).size(), text.size() / 2) << name_of(format);
}

// framing_format.txt: the checksum is CRC-32C, rotated by 15 bits, plus 0xa282ead8. CRC-32C of "123456789" is 0xe3069283
// (RFC 3720 B.4 names the polynomial; the check value is the usual one).
TEST(SnappyCompressor, ChecksumIsMaskedCrc32c) {
  const std::string bytes = member_of(Compression::snappy, "123456789");
  const std::uint32_t crc = 0xe3069283u;
  const std::uint32_t masked = ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
  std::uint32_t found = 0;
  for (int i = 3; i >= 0; --i) found = found << 8 | static_cast<unsigned char>(bytes[14 + static_cast<std::size_t>(i)]);
  EXPECT_EQ(found, masked);
}

TEST(CheckLevel, SaysWhatIsAllowed) {
  EXPECT_EQ(check_level(Compression::gzip, {}).value(), 1);
  EXPECT_EQ(check_level(Compression::zstd, {}).value(), 3);
  EXPECT_EQ(check_level(Compression::gzip, 10).status().text(), "a level of gzip is 1 to 9, got 10");
  EXPECT_EQ(check_level(Compression::snappy, 1).status().text(), "compression 'snappy' has no levels, got 1");
}

TEST(ZlibStream, WhatWasAppendedCanBeReadBeforeTheEnd) {
  ZlibStream stream(1);
  Buffer out;
  ASSERT_TRUE(stream.append("first,", out).ok());
  stream.commit();
  EXPECT_EQ(decode(Compression::zlib, out.view()).data, "first,");
  EXPECT_FALSE(decode(Compression::zlib, out.view()).clean_end);
}

TEST(ZlibStream, WhatIsRolledBackNeverWas) {
  ZlibStream stream(1);
  Buffer out;
  ASSERT_TRUE(stream.append("first,", out).ok());
  stream.commit();
  const std::size_t kept = out.size();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(stream.append("lost", out).ok());
    stream.rollback();
    out.set_size(kept);
  }
  ASSERT_TRUE(stream.finish(out).ok());
  stream.rollback();
  out.set_size(kept);
  ASSERT_TRUE(stream.append("second", out).ok());
  stream.commit();
  ASSERT_TRUE(stream.finish(out).ok());
  stream.commit();
  const Decoded decoded = decode(Compression::zlib, out.view());
  EXPECT_EQ(decoded.data, "first,second");
  EXPECT_TRUE(decoded.clean_end);
}

}  // namespace
}  // namespace penstock
