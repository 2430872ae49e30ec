// What the option `credentials` of every vendor has in common.
#pragma once
#include <string>
#include <string_view>

#include "bindings/sign/request.h"
#include "runtime/base/status.h"
#include "runtime/base/value.h"

namespace penstock::credentials {

// `access_key_id` with the secret and token under their vendor's names; the id is empty when none are given. Trimmed. Code::invalid:
// one without the other, or control characters.
Result<sign::KeyPair> read_keys(const Value& options, const char* secret_name, const char* token_name);

// `allowed`: the characters beside letters and digits. Code::invalid: no session can be called that, or there is an external_id without a role.
Status check_session(const std::string& arn, const std::string& external_id, const std::string& session, std::string_view allowed);

}  // namespace penstock::credentials
