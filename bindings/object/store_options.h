// What a script says about the bucket that an `s3` or `oss` source or sink works with, checked.
// Schema: scripts/stdlib/penstock/schema/object.lua.
#pragma once
#include <string>

#include "bindings/credentials/aliyun_credentials.h"
#include "bindings/credentials/aws_credentials.h"
#include "bindings/http/client.h"
#include "bindings/object/object_store.h"
#include "runtime/base/value.h"

namespace penstock::object {

struct StoreOptions {
  Place place;
  Signature signature = Signature::sigv4;
  credentials::AwsCredentialOptions aws;        // s3
  credentials::AliyunCredentialOptions aliyun;  // oss
  http::ClientOptions client;                   // connections_max is for the component to say

  // From bucket, endpoint, region, addressing, signature (oss), credentials, tls_*, timeout_ms, connect_timeout_ms.
  // `machine`: where the region comes from when the script gives none. Code::invalid says which option is wrong; never what a
  // secret says.
  static Result<StoreOptions> from(Vendor vendor, const Value& options, const credentials::Machine& machine);
  // `s3://logs/KEYS (eu-west-1)`, or with the endpoint.
  std::string describe_objects(const std::string& keys) const;
};

}  // namespace penstock::object
