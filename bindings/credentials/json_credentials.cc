#include "bindings/credentials/json_credentials.h"

#include <simdjson.h>

#include "runtime/base/timestamp.h"

namespace penstock::credentials {

namespace {

std::string text_of(const simdjson::dom::element& object, const char* name) {
  std::string_view text;
  return object[name].get(text) == simdjson::SUCCESS ? std::string(text) : "";
}

}  // namespace

std::optional<Credentials> parse_json_credentials(std::string_view body, CredentialNames names) {
  simdjson::dom::parser parser;
  simdjson::dom::element object, member;
  if (parser.parse(simdjson::padded_string(body)).get(object) != simdjson::SUCCESS) return std::nullopt;
  if (const std::string code = text_of(object, "Code"); !code.empty() && code != "Success") return std::nullopt;
  if (object["Credentials"].get(member) == simdjson::SUCCESS) object = member;
  Credentials found;
  found.keys = {text_of(object, "AccessKeyId"), Secret(text_of(object, names.secret)), Secret(text_of(object, names.token))};
  found.expires = parse_rfc3339(text_of(object, "Expiration"));
  const bool has_end = object["Expiration"].get(member) == simdjson::SUCCESS;
  if (!check_keys(found.keys, "").ok() || (has_end && !found.expires)) return std::nullopt;
  return found;
}

StsError parse_json_error(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::element object;
  if (parser.parse(simdjson::padded_string(body)).get(object) != simdjson::SUCCESS) return {};
  return {text_of(object, "Code"), text_of(object, "Message")};
}

}  // namespace penstock::credentials
