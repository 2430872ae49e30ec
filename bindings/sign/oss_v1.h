// Alibaba Cloud OSS Signature Version 1, in headers (help.aliyun.com: "Include a V1 signature"): HMAC-SHA1, without a region.
// The vendor phases it out; for old stores only.
#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "bindings/sign/request.h"

namespace penstock::sign {

// The headers to add: Date, with temporary keys x-oss-security-token, and Authorization. The request's path is `/KEY`, without
// the bucket also where the URL has it. A Date or x-oss-date that the request has is used instead of `now`. `canonical` gets
// what was signed, for tests.
std::vector<NameValue> sign_oss_v1(const Request& request, const std::string& bucket, const KeyPair& keys,
                                   std::chrono::system_clock::time_point now, std::string* canonical = nullptr);

}  // namespace penstock::sign
