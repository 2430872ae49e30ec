// A profile of the files that AWS's tools share: `[NAME]` of the credentials file, `[profile NAME]` (or `[default]`) of the config
// file. Both are read at each fetch. Known are aws_access_key_id, aws_secret_access_key, aws_session_token, and role_arn with
// source_profile, credential_source (Environment, Ec2InstanceMetadata, EcsContainer) or web_identity_token_file, external_id,
// role_session_name, duration_seconds, region. What needs other programs (credential_process, SSO) is refused with a word about it.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "bindings/credentials/credential_source.h"

namespace penstock::credentials {

struct ProfileOptions {
  std::string name;              // empty: AWS_PROFILE, or `default`, which need not be there
  std::string credentials_path;  // empty: AWS_SHARED_CREDENTIALS_FILE, or ~/.aws/credentials
  std::string config_path;       // empty: AWS_CONFIG_FILE, or ~/.aws/config
  std::string region;            // of roles whose profile names none; empty: AWS_REGION, or us-east-1
  std::string sts_endpoint;      // empty: that of the profile's region
  std::string metadata_endpoint;
};

std::unique_ptr<CredentialSource> profile_source(World& world, ProfileOptions options);

// The region that the profile names; nothing when it names none.
std::optional<std::string> profile_region(const Machine& machine, const ProfileOptions& options);

}  // namespace penstock::credentials
