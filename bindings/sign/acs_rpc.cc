#include "bindings/sign/acs_rpc.h"

#include "bindings/sign/canonical.h"
#include "bindings/sign/digest.h"
#include "bindings/sign/percent_encoding.h"
#include "runtime/base/clock.h"

namespace penstock::sign {

std::string acs_rpc_canonical(std::string_view method, const std::vector<NameValue>& parameters) {
  std::string query;
  for (const auto& [name, value] : canonical_query(parameters)) {
    if (!query.empty()) query += '&';
    query += name + "=" + value;
  }
  return std::string(method) + "&%2F&" + percent_encode(query);
}

std::string acs_rpc_signature(std::string_view canonical, const Secret& secret) { return base64(view(hmac_sha1(secret.reveal() + "&", canonical))); }

std::vector<NameValue> sign_acs_rpc(std::string_view method, std::vector<NameValue> parameters, const KeyPair& keys, const std::string& nonce,
                                    std::chrono::system_clock::time_point now) {
  parameters.insert(parameters.end(), {{"Format", "JSON"},
                                       {"AccessKeyId", keys.id},
                                       {"SignatureMethod", "HMAC-SHA1"},
                                       {"SignatureVersion", "1.0"},
                                       {"SignatureNonce", nonce},
                                       {"Timestamp", format_utc(now, Stamp::seconds)}});
  if (!keys.token.reveal().empty()) parameters.emplace_back("SecurityToken", keys.token.reveal());
  std::string signature = acs_rpc_signature(acs_rpc_canonical(method, parameters), keys.secret);
  parameters.emplace_back("Signature", std::move(signature));
  return parameters;
}

}  // namespace penstock::sign
