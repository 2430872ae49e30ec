// Keys that the machine itself hands out: AWS's container endpoint (ECS, EKS Pod Identity) and EC2's instance metadata, version 2
// only (AWS SDKs and Tools Reference Guide, "Container credential provider", "IMDS credential provider").
#pragma once
#include <memory>
#include <string>

#include "bindings/credentials/credential_source.h"

namespace penstock::credentials {

// By AWS_CONTAINER_CREDENTIALS_RELATIVE_URI (a path at `relative_endpoint`) or AWS_CONTAINER_CREDENTIALS_FULL_URI, with
// AWS_CONTAINER_AUTHORIZATION_TOKEN or _TOKEN_FILE. The URL is https, or http to loopback and the link-local addresses of ECS
// and EKS: keys go over no other network in the clear.
std::unique_ptr<CredentialSource> container_source(World& world, std::string relative_endpoint = "http://169.254.170.2");

// `endpoint`: empty for AWS_EC2_METADATA_SERVICE_ENDPOINT, or http://169.254.169.254. AWS_EC2_METADATA_DISABLED=true: none.
// A machine that does not answer has none (Code::not_found).
std::unique_ptr<CredentialSource> instance_source(World& world, std::string endpoint = "");

// {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"} and, from EC2, "Code": "Success". Nothing when it is not that.
std::optional<Credentials> parse_metadata_credentials(std::string_view body);

}  // namespace penstock::credentials
