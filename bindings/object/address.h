// Where a bucket's objects are: hosts and paths of AWS S3, of stores that imitate it, and of Alibaba Cloud OSS.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/status.h"

namespace penstock::object {

enum class Vendor : std::uint8_t {
  s3,   // AWS, and what speaks its protocol
  oss,  // Alibaba Cloud's own protocol
};

enum class Addressing : std::uint8_t {
  virtual_host,  // https://BUCKET.HOST/KEY
  path,          // https://HOST/BUCKET/KEY
  domain,        // https://HOST/KEY: the endpoint is the bucket's own name (CNAME)
};

struct Place {
  Vendor vendor = Vendor::s3;
  std::string bucket;
  std::string region;
  std::string endpoint;  // http[s]://HOST[:PORT][/BASE]; empty: the vendor's for the region
  Addressing addressing = Addressing::virtual_host;
};

// Where a request goes.
struct Address {
  std::string url;   // without query, percent-encoded
  std::string host;  // as the Host header has it, with a port that is not the scheme's own
  std::string path;  // as it is sent, in plain text: what SigV4 signs
};

// `key` in plain text; empty for the bucket itself.
Address address_of(const Place& place, std::string_view key);

// https://s3.REGION.amazonaws.com (.cn in China), https://oss-REGION.aliyuncs.com.
std::string vendor_endpoint(Vendor vendor, const std::string& region);

// Virtual hosts, but path style for endpoints that are addresses or `localhost`, and for buckets with dots, whose names no
// wildcard certificate covers. OSS takes path style nowhere, so there only for addresses.
Addressing usual_addressing(const Place& place);

// http or https with a host; no user, query or fragment. Code::invalid says what is wrong.
Status check_endpoint(const std::string& endpoint);
// 3 to 63 of a-z, 0-9, `.` and `-`, a letter or digit at both ends (Amazon S3 user guide, "Bucket naming rules").
Status check_bucket(const std::string& bucket);

// `s3://BUCKET/KEY` or `oss://BUCKET/KEY`, for messages.
std::string object_name(const Place& place, std::string_view key);

}  // namespace penstock::object
