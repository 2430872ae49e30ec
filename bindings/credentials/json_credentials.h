// Credentials and errors in JSON, as metadata services and Alibaba Cloud's STS write them.
#pragma once
#include <optional>
#include <string_view>

#include "bindings/credentials/credential_source.h"
#include "bindings/credentials/role_source.h"

namespace penstock::credentials {

// What the members beside AccessKeyId and Expiration are called.
struct CredentialNames {
  const char* secret;
  const char* token;
};

// {"AccessKeyId", SECRET, TOKEN, "Expiration"}, or the same as the member "Credentials"; a "Code" beside them is "Success".
// Without Expiration they stay good; one that cannot be read gives nothing, as does all else that is not that.
std::optional<Credentials> parse_json_credentials(std::string_view body, CredentialNames names);

// {"Code", "Message"}
StsError parse_json_error(std::string_view body);

}  // namespace penstock::credentials
