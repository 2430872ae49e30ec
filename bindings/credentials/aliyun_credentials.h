// The option `credentials` of what speaks to Alibaba Cloud: which keys are used.
//
// Sources: Alibaba Cloud STS API reference, AssumeRole (version 2015-04-01); ECS, "Instance RAM roles"; the vendor's credentials
// libraries for the names of variables.
#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "bindings/credentials/credential_source.h"
#include "runtime/base/value.h"

namespace penstock::credentials {

struct AliyunRole {
  std::string arn;                      // acs:ram::1234567890:role/log-writer; empty: none
  std::string session = "penstock";     // 2 to 64 of [A-Za-z0-9.@_-]
  std::string external_id;              // empty: none
  std::chrono::seconds duration{3600};
  std::string endpoint = "https://sts.aliyuncs.com";
};

struct AliyunCredentialOptions {
  sign::KeyPair keys;  // given in the script; the id is empty when they are not
  AliyunRole role;
  std::string sts_ca_path;  // for sts_client_options()
  std::string metadata_endpoint = "http://100.100.100.200";
};

// From access_key_id, access_key_secret, security_token; role_arn, external_id, session_name, duration_ms, sts_endpoint, sts_ca_path;
// metadata_endpoint. Code::invalid: half a key pair, or a role's options without a role.
Result<AliyunCredentialOptions> parse_aliyun_credentials(const Value& options);

// The keys of the script; else the first that is there of: OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET and OSS_SESSION_TOKEN,
// ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and ALIBABA_CLOUD_SECURITY_TOKEN of the environment, the role of
// the ECS instance (ALIBABA_CLOUD_ECS_METADATA_DISABLED=true: not asked). With a role, that is assumed with them.
std::unique_ptr<CredentialSource> aliyun_credentials(World& world, const AliyunCredentialOptions& options);

// {"Credentials": {"AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration"}} of STS, or the same members at the top, with
// "Code": "Success", of an instance.
std::optional<Credentials> parse_aliyun_answer(std::string_view body);

}  // namespace penstock::credentials
