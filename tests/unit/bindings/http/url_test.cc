#include "bindings/http/url.h"

#include <gtest/gtest.h>

namespace penstock::http {
namespace {

TEST(Url, Parts) {
  struct Case {
    const char* text;
    const char* origin;
    const char* path;
    const char* query;
  };
  const Case cases[] = {
      {"http://logs.example.com", "http://logs.example.com", "/", ""},
      {"https://logs.example.com:8443/v1/log%20s?a=b&c=%20", "https://logs.example.com:8443", "/v1/log%20s", "a=b&c=%20"},
      {"http://127.0.0.1:80/", "http://127.0.0.1:80", "/", ""},
      {"http://[::1]:8080/x", "http://[::1]:8080", "/x", ""},
  };
  for (const Case& c : cases) {
    const Result<Url> url = Url::parse(c.text);
    ASSERT_TRUE(url.ok()) << c.text << url.status().text();
    EXPECT_EQ(url.value().origin, c.origin);
    EXPECT_EQ(url.value().path, c.path);
    EXPECT_EQ(url.value().query, c.query);
  }
}

TEST(Url, WhatIsRefusedSaysWhyAndKeepsSecrets) {
  struct Case {
    const char* text;
    const char* says;
  };
  const Case cases[] = {
      {"ftp://a/b?hidden", "http:// or https://"}, {"logs.example.com/hidden", "http:// or https://"}, {"http://", "malformed"},
      {"http://a:99999/?hidden", "malformed"},     {"http://me:hidden@a/", "auth = { basic"},          {"http://a/b c?hidden", "%20"},
      {"http://a/b\n?hidden", "control"},          {"http://a/b#hidden", "fragment"},
  };
  for (const Case& c : cases) {
    const Result<Url> url = Url::parse(c.text);
    ASSERT_FALSE(url.ok()) << c.text;
    EXPECT_EQ(url.status().code(), Code::invalid);
    EXPECT_NE(url.status().text().find(c.says), std::string::npos) << c.text << ": " << url.status().text();
    EXPECT_EQ(url.status().text().find("hidden"), std::string::npos);
  }
}

TEST(Url, ParametersJoinTheQuery) {
  const Url plain = Url::parse("http://a/b").value();
  EXPECT_EQ(plain.text(), "http://a/b");
  EXPECT_EQ(plain.text("x=1"), "http://a/b?x=1");
  const Url queried = Url::parse("http://a/b?c=d").value();
  EXPECT_EQ(queried.text("x=1"), "http://a/b?c=d&x=1");
  EXPECT_EQ(queried.shown(), "http://a/b");
  EXPECT_FALSE(plain.secure());
  EXPECT_TRUE(Url::parse("https://a").value().secure());
}

TEST(PercentEncoding, ThereAndBack) {
  EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encode("a b&c=d/\xc3\xa9+%"), "a%20b%26c%3Dd%2F%C3%A9%2B%25");
  EXPECT_EQ(percent_decode("a%20b%26c%3dd%2F%C3%A9+"), "a b&c=d/\xc3\xa9+");
  EXPECT_EQ(percent_decode("%"), "%");
  EXPECT_EQ(percent_decode("%4"), "%4");
  EXPECT_EQ(percent_decode("%zz%41"), "%zzA");
}

TEST(Headers, NamesAreTokensAndValuesHaveNoLineEnds) {
  for (const char* name : {"X-A", "x_a.b", "Content-Type"}) EXPECT_TRUE(is_token(name)) << name;
  for (const char* name : {"", "X A", "X:", "X\n", "\xc3\xa9"}) EXPECT_FALSE(is_token(name)) << name;
  for (const char* value : {"", "a b\tc", "\xc3\xa9"}) EXPECT_TRUE(is_header_value(value)) << value;
  for (const char* value : {"a\r\nB: c", "a\nb", "\x01", "\x7f"}) EXPECT_FALSE(is_header_value(value)) << value;
}

}  // namespace
}  // namespace penstock::http
