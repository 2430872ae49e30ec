// Alibaba Cloud OSS Signature Version 4, in headers (help.aliyun.com: "Include signatures in the Authorization header",
// OSS4-HMAC-SHA256). The body is not signed (UNSIGNED-PAYLOAD), as in the vendor's own libraries: Content-MD5, which is, stands
// for it.
#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "bindings/sign/digest.h"
#include "bindings/sign/request.h"

namespace penstock::sign {

// One for each destination. Keeps the key derived for the day; not thread-safe.
class OssV4 {
 public:
  // `region`: cn-hangzhou, without `oss-`.
  OssV4(std::string region, std::string bucket) : region_(std::move(region)), bucket_(std::move(bucket)) {}

  // The headers to add: x-oss-date, x-oss-content-sha256, with temporary keys x-oss-security-token, and Authorization. The
  // request's path is `/KEY`, without the bucket also where the URL has it. Signed are Content-Type, Content-MD5 and x-oss-*,
  // and the request's other headers that `additional` names (`host`). `canonical` gets what was signed, for tests.
  std::vector<NameValue> sign(const Request& request, const KeyPair& keys, std::chrono::system_clock::time_point now,
                              const std::vector<std::string>& additional = {}, std::string* canonical = nullptr);

 private:
  const Sha256& signing_key(const Secret& secret, const std::string& day);

  std::string region_;
  std::string bucket_;
  Secret key_secret_;
  std::string key_day_;
  Sha256 key_{};
};

}  // namespace penstock::sign
