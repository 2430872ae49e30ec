#include "bindings/sign/sigv4.h"

#include "bindings/sign/canonical.h"
#include "bindings/sign/day_key.h"
#include "bindings/sign/percent_encoding.h"

namespace penstock::sign {

namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

// `names` becomes the signed headers' names, joined by semicolons.
std::string canonical_request(const Request& request, std::string_view payload_hash, std::string& names) {
  std::string text = request.method + "\n" + percent_encode_path(request.path) + "\n";
  bool first = true;
  for (const auto& [name, value] : canonical_query(request.query)) {
    if (!first) text += '&';
    text += name + "=" + value;
    first = false;
  }
  text += '\n';
  names.clear();
  for (const auto& [name, value] : canonical_headers(request.headers)) {
    text += name + ":" + value + "\n";
    names += (names.empty() ? "" : ";") + name;
  }
  text += "\n" + names + "\n";
  text += payload_hash;
  return text;
}

}  // namespace

// When and for what a signature is good.
struct SigV4::Stamp {
  Stamp(std::chrono::system_clock::time_point now, const SigV4Scope& of)
      : time(compact_utc(now)), day(time.substr(0, 8)), scope(day + "/" + of.region + "/" + of.service + "/aws4_request") {}
  std::string time, day, scope;
};

const Sha256& SigV4::signing_key(const Secret& secret, const std::string& day) {
  if (day != key_day_ || !(secret == key_secret_)) {
    key_ = day_key("AWS4" + secret.reveal(), {day, scope_.region, scope_.service, "aws4_request"});
    key_day_ = day;
    key_secret_ = secret;
  }
  return key_;
}

std::string SigV4::finish(const Request& request, const Stamp& stamp, const KeyPair& keys, std::string_view payload_hash,
                          std::string& signed_names, SigV4Trace* trace) {
  const std::string canonical = canonical_request(request, payload_hash, signed_names);
  const std::string to_sign = std::string(algorithm) + "\n" + stamp.time + "\n" + stamp.scope + "\n" + hex(view(sha256(canonical)));
  std::string signature = hex(view(hmac_sha256(view(signing_key(keys.secret, stamp.day)), to_sign)));
  if (trace) *trace = {canonical, to_sign, signature};
  return signature;
}

std::vector<NameValue> SigV4::sign(const Request& request, const KeyPair& keys, std::string_view payload_hash,
                                   std::chrono::system_clock::time_point now, SigV4Trace* trace) {
  const Stamp stamp(now, scope_);
  std::vector<NameValue> added{{"X-Amz-Date", stamp.time}};
  if (scope_.service == "s3") added.emplace_back("X-Amz-Content-Sha256", payload_hash);
  if (!keys.token.reveal().empty()) added.emplace_back("X-Amz-Security-Token", keys.token.reveal());
  Request whole = request;
  whole.headers.insert(whole.headers.end(), added.begin(), added.end());
  std::string names;
  const std::string signature = finish(whole, stamp, keys, payload_hash, names, trace);
  added.emplace_back("Authorization", std::string(algorithm) + " Credential=" + keys.id + "/" + stamp.scope + ", SignedHeaders=" + names +
                                          ", Signature=" + signature);
  return added;
}

std::string SigV4::presign(const Request& request, const KeyPair& keys, std::chrono::seconds lifetime,
                           std::chrono::system_clock::time_point now, SigV4Trace* trace) {
  const Stamp stamp(now, scope_);
  std::string names;
  canonical_request(request, unsigned_payload, names);
  Request whole = request;
  whole.query.emplace_back("X-Amz-Algorithm", algorithm);
  whole.query.emplace_back("X-Amz-Credential", keys.id + "/" + stamp.scope);
  whole.query.emplace_back("X-Amz-Date", stamp.time);
  whole.query.emplace_back("X-Amz-Expires", std::to_string(lifetime.count()));
  whole.query.emplace_back("X-Amz-SignedHeaders", names);
  if (!keys.token.reveal().empty()) whole.query.emplace_back("X-Amz-Security-Token", keys.token.reveal());
  const std::string signature = finish(whole, stamp, keys, unsigned_payload, names, trace);
  return query_text(whole.query) + "&X-Amz-Signature=" + signature;
}

}  // namespace penstock::sign
