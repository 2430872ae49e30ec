#include "bindings/object/address.h"

#include <gtest/gtest.h>

namespace penstock::object {
namespace {

TEST(Address, IsMadeOfVendorEndpointAndBucket) {
  const struct {
    Place place;
    const char *url, *host, *path;
  } cases[] = {
      {{Vendor::s3, "logs", "eu-west-1", "", Addressing::virtual_host}, "https://logs.s3.eu-west-1.amazonaws.com/a%20b/c", "logs.s3.eu-west-1.amazonaws.com", "/a b/c"},
      {{Vendor::s3, "logs", "eu-west-1", "", Addressing::path}, "https://s3.eu-west-1.amazonaws.com/logs/a%20b/c", "s3.eu-west-1.amazonaws.com", "/logs/a b/c"},
      {{Vendor::s3, "logs", "cn-north-1", "", Addressing::virtual_host}, "https://logs.s3.cn-north-1.amazonaws.com.cn/a%20b/c", "logs.s3.cn-north-1.amazonaws.com.cn", "/a b/c"},
      {{Vendor::s3, "logs", "x", "http://127.0.0.1:9000/", Addressing::path}, "http://127.0.0.1:9000/logs/a%20b/c", "127.0.0.1:9000", "/logs/a b/c"},
      {{Vendor::s3, "logs", "x", "https://store.example.com:443/base", Addressing::path}, "https://store.example.com/base/logs/a%20b/c", "store.example.com", "/base/logs/a b/c"},
      {{Vendor::s3, "logs", "x", "https://logs.example.com", Addressing::domain}, "https://logs.example.com/a%20b/c", "logs.example.com", "/a b/c"},
      {{Vendor::oss, "logs", "cn-hangzhou", "", Addressing::virtual_host}, "https://logs.oss-cn-hangzhou.aliyuncs.com/a%20b/c", "logs.oss-cn-hangzhou.aliyuncs.com", "/a b/c"},
  };
  for (const auto& c : cases) {
    const Address address = address_of(c.place, "a b/c");
    EXPECT_EQ(address.url, c.url);
    EXPECT_EQ(address.host, c.host);
    EXPECT_EQ(address.path, c.path);
  }
}

TEST(Address, IsAVirtualHostWhereThatCanWork) {
  const struct {
    Vendor vendor;
    const char *bucket, *endpoint;
    Addressing addressing;
  } cases[] = {
      {Vendor::s3, "logs", "", Addressing::virtual_host},
      {Vendor::s3, "my.logs", "", Addressing::path},
      {Vendor::s3, "my.logs", "http://store.example.com", Addressing::virtual_host},
      {Vendor::s3, "logs", "http://localhost:9000", Addressing::path},
      {Vendor::s3, "logs", "https://10.0.0.1", Addressing::path},
      {Vendor::s3, "logs", "https://[::1]:9000", Addressing::path},
      {Vendor::s3, "logs", "https://s3.oss-cn-hangzhou.aliyuncs.com", Addressing::virtual_host},
      {Vendor::oss, "my.logs", "", Addressing::virtual_host},
      {Vendor::oss, "logs", "http://127.0.0.1:9000", Addressing::path},
  };
  for (const auto& c : cases) EXPECT_EQ(usual_addressing({c.vendor, c.bucket, "r", c.endpoint}), c.addressing) << c.bucket << " " << c.endpoint;
}

TEST(Address, ChecksEndpointsAndBuckets) {
  EXPECT_TRUE(check_endpoint("https://store.example.com:9000/base").ok());
  for (const char* endpoint : {"", "store.example.com", "ftp://x", "https://", "https:///x", "https://:90", "https://a b", "https://a?b", "https://u:p@h", "https://h#f"}) {
    EXPECT_FALSE(check_endpoint(endpoint).ok()) << endpoint;
  }
  for (const char* bucket : {"abc", "my.logs-1", "1bc"}) EXPECT_TRUE(check_bucket(bucket).ok()) << bucket;
  for (const char* bucket : {"", "ab", "Logs", "logs_1", "-abc", "abc.", "logs/edge"}) EXPECT_FALSE(check_bucket(bucket).ok()) << bucket;
  EXPECT_NE(check_bucket("logs/edge").text().find("hint: what follows the slash is prefix"), std::string::npos);
}

}  // namespace
}  // namespace penstock::object
