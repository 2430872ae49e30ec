// Keys that the machine itself hands out: AWS's container endpoint (ECS, EKS Pod Identity), and the instance metadata of EC2
// (version 2 only; AWS SDKs and Tools Reference Guide, "Container credential provider", "IMDS credential provider") and of
// services that imitate it.
#pragma once
#include <memory>
#include <string>

#include "bindings/credentials/credential_source.h"

namespace penstock::credentials {

// By AWS_CONTAINER_CREDENTIALS_RELATIVE_URI (a path at `relative_endpoint`) or AWS_CONTAINER_CREDENTIALS_FULL_URI, with
// AWS_CONTAINER_AUTHORIZATION_TOKEN or _TOKEN_FILE. The URL is https, or http to loopback and the link-local addresses of ECS
// and EKS: keys go over no other network in the clear.
std::unique_ptr<CredentialSource> container_source(World& world, std::string relative_endpoint = "http://169.254.170.2");

// A service that gives a token for a PUT, and for the token the name of the machine's role and its keys.
struct InstanceService {
  std::string name;           // for people
  std::string endpoint;       // http://HOST[:PORT]; checked when it is asked
  std::string disabled_by;    // the variable that says `true`, in any case, when it must not be asked
  std::string token_header;   // NAME; with `NAME-ttl-seconds` the token is asked for
  std::string keys_path;      // of the roles' names and, with one of them behind it, of its keys
  std::optional<Credentials> (*read)(std::string_view body);
};

// Code::not_found: the machine has no such service (three tries without an answer, until one came; or 403, 404 or 405 for the
// token), or it has no role. Once the service has answered, silence is Code::retryable.
std::unique_ptr<CredentialSource> instance_source(World& world, InstanceService service);

// EC2's. `endpoint`: empty for AWS_EC2_METADATA_SERVICE_ENDPOINT, or http://169.254.169.254. AWS_EC2_METADATA_DISABLED=true: none.
std::unique_ptr<CredentialSource> ec2_source(World& world, const std::string& endpoint);

// {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"} and, from EC2, "Code": "Success". Nothing when it is not that.
std::optional<Credentials> parse_metadata_credentials(std::string_view body);

}  // namespace penstock::credentials
