// The option `credentials` of what speaks to Alibaba Cloud: which keys are used.
#pragma once
#include <memory>

#include "bindings/credentials/credential_source.h"
#include "runtime/base/value.h"

namespace penstock::credentials {

// From access_key_id, access_key_secret and security_token: the id is empty when the script gives none. Code::invalid: half a pair.
Result<sign::KeyPair> parse_aliyun_keys(const Value& options);

// The keys of the script; else OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET and OSS_SESSION_TOKEN of the environment, or
// ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and ALIBABA_CLOUD_SECURITY_TOKEN.
std::unique_ptr<CredentialSource> aliyun_credentials(World& world, const sign::KeyPair& keys);

}  // namespace penstock::credentials
