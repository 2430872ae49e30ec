#include "bindings/credentials/script_options.h"

#include <algorithm>

#include "bindings/credentials/credential_source.h"

namespace penstock::credentials {

namespace {

// A text or a secret, as a secret.
Secret secret_of(const Value& value) { return value.is_secret() ? value.secret() : Secret(value.is_string() ? value.string() : ""); }

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

}  // namespace

Result<sign::KeyPair> read_keys(const Value& options, const char* secret_name, const char* token_name) {
  const sign::KeyPair keys{secret_of(options["access_key_id"]).reveal(), secret_of(options[secret_name]), secret_of(options[token_name])};
  if (keys.id.empty() != keys.secret.reveal().empty()) {
    return Status(Code::invalid, std::string("credentials needs access_key_id and ") + secret_name + ", or neither of them");
  }
  if (keys.id.empty()) return sign::KeyPair{};
  return clean_keys(keys, "credentials");
}

Status check_session(const std::string& arn, const std::string& external_id, const std::string& session, std::string_view allowed) {
  if (arn.empty() && !external_id.empty()) return Status(Code::invalid, "credentials.external_id is for a role: give role_arn");
  const bool good = std::all_of(session.begin(), session.end(), [&](char c) { return is_letter_or_digit(c) || allowed.find(c) != std::string_view::npos; });
  if (good && session.size() >= 2 && session.size() <= 64) return {};
  return Status(Code::invalid, "credentials.session_name is 2 to 64 letters, digits and " + std::string(allowed) + ", got \"" + session + "\"");
}

}  // namespace penstock::credentials
