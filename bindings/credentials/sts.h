// Temporary keys from AWS STS (AWS Security Token Service API Reference, version 2011-06-15): AssumeRole, signed with other keys,
// and AssumeRoleWithWebIdentity, which a token in a file stands for.
#pragma once
#include <chrono>
#include <memory>
#include <string>

#include "bindings/credentials/credential_source.h"

namespace penstock::credentials {

struct Role {
  std::string arn;                    // arn:aws:iam::111122223333:role/log-writer
  std::string session = "penstock";   // 2 to 64 of [A-Za-z0-9_=,.@+-]
  std::string external_id;            // empty: none
  std::chrono::seconds duration{3600};  // 900 s to the role's own maximum
  std::string region = "us-east-1";   // of the endpoint
  std::string endpoint;               // https://HOST[:PORT][/PATH]; empty: that of the region
};

std::unique_ptr<CredentialSource> assume_role(World& world, Role role, std::unique_ptr<CredentialSource> with);
// `token_path` is read at each fetch: whoever wrote it renews it.
std::unique_ptr<CredentialSource> web_identity(World& world, Role role, std::string token_path);

// `https://sts.REGION.amazonaws.com`, with .cn for China.
std::string sts_endpoint(const std::string& region);

// <AssumeRoleResponse> or <AssumeRoleWithWebIdentityResponse>; nothing when there are no keys with an expiration in it.
std::optional<Credentials> parse_assumed_role(std::string_view body);

}  // namespace penstock::credentials
