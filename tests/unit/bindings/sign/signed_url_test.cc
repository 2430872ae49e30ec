#include "bindings/sign/signed_url.h"

#include <gtest/gtest.h>

namespace penstock::sign {
namespace {

struct Example {
  const char* key;
  int expires;
  std::int64_t now;
  const char* path;
  const char* rand;
  const char* digest;
};

// The first is the vendor's own.
constexpr Example examples[] = {
    {"aliyuncdn1234", 300, 1512057600, "/accesslog/post", "0", "0b3cc22622bdbb82d5ba632a5a5c89ca"},
    {"abc123XYZ", 300, 1735689600, "/v1/log/upload", "477b3bbc253f467b8def6711128c7bec", "fd03838872fa2ccd40872a2d1b16aab8"},
    {"k3yK3Y", 3600, 1735689600, "/v1/log/upload", "0", "d8ad58ea90bd171d686020955cd08012"},
    {"abc123", 300, 1735689600, "/", "0", "3c125f8e9797da2f7aab0db45faf5789"},
};

std::string key_of(const Example& example) {
  return std::to_string(example.now + example.expires) + "-" + example.rand + "-" + example.digest;
}

TEST(SignedUrl, TheVendorsExampleAndOurs) {
  for (const Example& example : examples) {
    EXPECT_EQ(make_auth_key(example.path, example.key, example.now + example.expires, example.rand).value(), key_of(example));
    EXPECT_EQ(check_auth_key(key_of(example), example.path, example.key, example.now), AuthKeyVerdict::right);
  }
}

TEST(SignedUrl, ThePathIsSignedWithItsLeadingSlash) {
  EXPECT_EQ(signed_path("v1/log/upload"), "/v1/log/upload");
  EXPECT_EQ(signed_path("/v1/log/upload"), "/v1/log/upload");
  EXPECT_EQ(signed_path(""), "/");
  const Result<std::string> without = make_auth_key("v1/log/upload", "abc123XYZ", 1735689900, "477b3bbc253f467b8def6711128c7bec");
  EXPECT_EQ(without.value(), "1735689900-477b3bbc253f467b8def6711128c7bec-f9458be93f0fc20085a62f5d2afe5240");
}

TEST(SignedUrl, HoldsUntilItsTimestampAndNotBeyond) {
  const Example& example = examples[0];
  const std::int64_t expiry = example.now + example.expires;
  EXPECT_EQ(check_auth_key(key_of(example), example.path, example.key, expiry), AuthKeyVerdict::right);
  EXPECT_EQ(check_auth_key(key_of(example), example.path, example.key, expiry + 1), AuthKeyVerdict::expired);
}

TEST(SignedUrl, AnotherKeyPathTimeOrRandIsWrong) {
  const Example& example = examples[0];
  EXPECT_EQ(check_auth_key(key_of(example), example.path, "aliyuncdn1235", example.now), AuthKeyVerdict::wrong);
  EXPECT_EQ(check_auth_key(key_of(example), "/accesslog/posts", example.key, example.now), AuthKeyVerdict::wrong);
  EXPECT_EQ(check_auth_key("1512057901-0-0b3cc22622bdbb82d5ba632a5a5c89ca", example.path, example.key, example.now), AuthKeyVerdict::wrong);
  EXPECT_EQ(check_auth_key("1512057900-1-0b3cc22622bdbb82d5ba632a5a5c89ca", example.path, example.key, example.now), AuthKeyVerdict::wrong);
  EXPECT_EQ(check_auth_key("1512057900-0-0B3CC22622BDBB82D5BA632A5A5C89CA", example.path, example.key, example.now), AuthKeyVerdict::wrong);
}

TEST(SignedUrl, WhatIsNoneIsMalformed) {
  for (const char* text : {"", "-", "--", "1512057900", "1512057900-0", "1512057900-0-", "1512057900--0b3cc22622bdbb82d5ba632a5a5c89ca",
                           "1512057900-a-b-0b3cc22622bdbb82d5ba632a5a5c89ca", "x-0-0b3cc22622bdbb82d5ba632a5a5c89ca", "-1-0-0b3cc22622bdbb82d5ba632a5a5c89ca",
                           "15120579001512057900-0-0b3cc22622bdbb82d5ba632a5a5c89ca", "1512057900-0-0b3cc22622bdbb82d5ba632a5a5c89c"})
    EXPECT_EQ(check_auth_key(text, "/", "abc123", 0), AuthKeyVerdict::malformed) << text;
}

TEST(SignedUrl, PrivateKeysHaveSixToEighteenLettersAndDigits) {
  for (const char* key : {"abc123", "ABCDEF", "123456789012345678"}) EXPECT_TRUE(check_private_key(key).ok()) << key;
  for (const char* key : {"", "abc12", "1234567890123456789", "abc-123", "abc 123", "abcd\xc3\xa9" "f"}) {
    const Status status = check_private_key(key);
    EXPECT_EQ(status.code(), Code::invalid) << key;
    if (*key != '\0') {
      EXPECT_EQ(status.text().find(key), std::string::npos);
    }
  }
}

TEST(SignedUrl, TokensDiffer) {
  const std::string one = random_token(), other = random_token();
  EXPECT_EQ(one.size(), 32u);
  EXPECT_EQ(one.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(one, other);
}

}  // namespace
}  // namespace penstock::sign
