#include "bindings/source/http_body.h"

#include <gtest/gtest.h>

#include "bindings/compress/compressor.h"

namespace penstock {
namespace {

std::string compressed(Compression compression, std::string_view text) {
  Buffer out;
  if (compression == Compression::zlib) {
    ZlibStream stream(1);
    EXPECT_TRUE(stream.append(text, out).ok());
    stream.commit();
    EXPECT_TRUE(stream.finish(out).ok());
    stream.commit();
  } else {
    EXPECT_TRUE(make_compressor(compression, levels_of(compression).standard)->compress(text, out).ok());
  }
  return std::string(out.view());
}

TEST(ContentType, SaysTheFormat) {
  struct Case {
    const char* value;
    BodyFormat format;
  };
  const Case cases[] = {
      {"application/json", BodyFormat::json},
      {"Application/JSON; charset=utf-8", BodyFormat::json},
      {" application/x-ndjson ;x=y", BodyFormat::json},
      {"application/ndjson", BodyFormat::json},
      {"application/cloudevents+json", BodyFormat::json},
      {"text/plain", BodyFormat::lines},
      {"text/plain;charset=UTF-8", BodyFormat::lines},
      {"", BodyFormat::look},
      {"application/octet-stream", BodyFormat::look},
      {"application/x-www-form-urlencoded", BodyFormat::look},
      {"application/xml", BodyFormat::unknown},
      {"json", BodyFormat::unknown},
      {"application/jsonx", BodyFormat::unknown},
  };
  for (const Case& c : cases) EXPECT_EQ(format_of_content_type(c.value), c.format) << c.value;
}

TEST(BodyFormat, ByTheFirstByteThatSaysSomething) {
  for (const char* body : {"{\"a\":1}", " \r\n[{}]", "\xef\xbb\xbf{}"}) EXPECT_EQ(format_of_body(body), BodyFormat::json) << body;
  for (const char* body : {"", " ", "hello", "\"a\"", "127.0.0.1 - -"}) EXPECT_EQ(format_of_body(body), BodyFormat::lines) << body;
}

TEST(BodyFormat, OneObjectOverSeveralLines) {
  for (const char* body : {"{\n \"a\": 1\n}", "{ \"a\": 1,\r\n \"b\": 2 }", "\n{ \t\n}", "{\"a\":1\n}", "{\"a\":\n 5}"}) EXPECT_TRUE(is_spread_object(body)) << body;
  for (const char* body : {"", "{}", "{}\n{}", "{\"a\":1}\n{\"b\":2}\n", "[\n{}\n]", "a,\nb", "{\"broken\": \n{}", "{\"a\":1}\n}"}) EXPECT_FALSE(is_spread_object(body)) << body;
}

TEST(ContentEncoding, Names) {
  EXPECT_EQ(compression_of_encoding("", ""), Compression::none);
  EXPECT_EQ(compression_of_encoding("identity", ""), Compression::none);
  EXPECT_EQ(compression_of_encoding(" GZIP ", ""), Compression::gzip);
  EXPECT_EQ(compression_of_encoding("x-gzip", ""), Compression::gzip);
  EXPECT_EQ(compression_of_encoding("deflate", ""), Compression::zlib);
  EXPECT_EQ(compression_of_encoding("zstd", ""), Compression::zstd);
  for (const char* name : {"br", "gzip, gzip", "compress", "none"}) EXPECT_EQ(compression_of_encoding(name, ""), std::nullopt) << name;
}

TEST(ContentEncoding, SnappyIsTheBlockUnlessTheFramingFormatBegins) {
  EXPECT_EQ(compression_of_encoding("snappy", compressed(Compression::snappy_block, "hello")), Compression::snappy_block);
  EXPECT_EQ(compression_of_encoding("snappy", compressed(Compression::snappy, "hello")), Compression::snappy);
  EXPECT_EQ(compression_of_encoding("x-snappy-framed", ""), Compression::snappy);
}

class InflateBody : public ::testing::TestWithParam<Compression> {};

INSTANTIATE_TEST_SUITE_P(EveryEncoding, InflateBody,
                         ::testing::Values(Compression::gzip, Compression::zlib, Compression::zstd, Compression::snappy, Compression::snappy_block),
                         [](const auto& each) { return std::string(name_of(each.param)); });

TEST_P(InflateBody, GivesAllOfIt) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "line " + std::to_string(i) + "\n";
  Buffer out;
  ASSERT_TRUE(inflate_body(GetParam(), compressed(GetParam(), text), text.size(), out).ok());
  EXPECT_EQ(out.view(), text);
}

TEST_P(InflateBody, StopsAtTheBound) {
  const std::string bomb = compressed(GetParam(), std::string(64 << 20, 'x'));
  Buffer out;
  const Status status = inflate_body(GetParam(), bomb, 1 << 20, out);
  EXPECT_EQ(status.code(), Code::limit);
  EXPECT_LE(out.capacity(), 4u << 20);
  EXPECT_NE(status.text().find("1048576"), std::string::npos);
}

TEST_P(InflateBody, OneThatWasCutIsCorrupt) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += std::to_string(i * i);
  const std::string whole = compressed(GetParam(), text);
  Buffer out;
  EXPECT_EQ(inflate_body(GetParam(), whole.substr(0, whole.size() / 2), 1 << 20, out).code(), Code::corrupt);
}

TEST_P(InflateBody, AnythingElseIsCorrupt) {
  Buffer out;
  EXPECT_EQ(inflate_body(GetParam(), "{\"a\":1}\n", 1 << 20, out).code(), Code::corrupt);
}

}  // namespace
}  // namespace penstock
