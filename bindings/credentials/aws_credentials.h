// The option `credentials` of what speaks to AWS and to stores that imitate it: which keys are used, in AWS's own order.
#pragma once
#include <memory>
#include <string>

#include "bindings/credentials/profile.h"
#include "bindings/credentials/sts.h"
#include "runtime/base/value.h"

namespace penstock::credentials {

struct AwsCredentialOptions {
  sign::KeyPair keys;             // given in the script; the id is empty when they are not
  ProfileOptions profile;         // its name: only when the script names one
  std::string web_identity_token_path;
  Role role;                      // to assume with what was found; its arn is empty when there is none
  std::string sts_ca_path;        // for sts_client_options()
  std::string metadata_endpoint;  // of EC2's instance metadata
};

// From access_key_id, secret_access_key, session_token; profile, credentials_path, config_path; role_arn, external_id,
// session_name, duration_ms, sts_endpoint, sts_ca_path, web_identity_token_path; metadata_endpoint. Code::invalid: half a key pair, things
// that exclude one another, or an endpoint that keys must not travel to in the clear.
Result<AwsCredentialOptions> parse_aws_credentials(const Value& options, const std::string& region);

// The keys of the script; or the profile that it names; else the first that is there of: environment, web identity (by
// AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN), shared files, container, instance metadata. With a role, that is assumed with
// them (or with the web identity token).
std::unique_ptr<CredentialSource> aws_credentials(World& world, const AwsCredentialOptions& options);

// AWS_REGION, AWS_DEFAULT_REGION, the profile's, or nothing.
std::optional<std::string> aws_region(const Machine& machine, const ProfileOptions& profile);

}  // namespace penstock::credentials
