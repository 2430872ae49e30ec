#include "bindings/sign/oss_v4.h"

#include <algorithm>

#include "bindings/sign/canonical.h"
#include "bindings/sign/day_key.h"
#include "bindings/sign/percent_encoding.h"

namespace penstock::sign {

namespace {

constexpr std::string_view algorithm = "OSS4-HMAC-SHA256";
constexpr std::string_view body_hash = "UNSIGNED-PAYLOAD";

bool signed_always(const std::string& name) { return name == "content-type" || name == "content-md5" || name.starts_with("x-oss-"); }

std::string canonical_query_text(const std::vector<NameValue>& query) {
  std::string text;
  for (const auto& [name, value] : canonical_query(query)) {
    if (!text.empty()) text += '&';
    text += name;
    if (!value.empty()) text += "=" + value;
  }
  return text;
}

// `additional` comes lower-cased; `used` becomes those of them that are signed, joined by semicolons.
std::string canonical_request(const Request& request, const std::string& bucket, const std::vector<std::string>& additional, std::string& used) {
  const std::string path = bucket.empty() ? request.path : "/" + bucket + request.path;
  std::string text = request.method + "\n" + percent_encode_path(path) + "\n" + canonical_query_text(request.query) + "\n";
  for (const auto& [name, value] : canonical_headers(request.headers)) {
    const bool extra = !signed_always(name) && std::find(additional.begin(), additional.end(), name) != additional.end();
    if (!signed_always(name) && !extra) continue;
    text += name + ":" + value + "\n";
    if (extra) used += (used.empty() ? "" : ";") + name;
  }
  text += "\n" + used + "\n";
  text += body_hash;
  return text;
}

}  // namespace

const Sha256& OssV4::signing_key(const Secret& secret, const std::string& day) {
  if (day != key_day_ || !(secret == key_secret_)) {
    key_ = day_key("aliyun_v4" + secret.reveal(), {day, region_, "oss", "aliyun_v4_request"});
    key_day_ = day;
    key_secret_ = secret;
  }
  return key_;
}

std::vector<NameValue> OssV4::sign(const Request& request, const KeyPair& keys, std::chrono::system_clock::time_point now,
                                   const std::vector<std::string>& additional, std::string* canonical) {
  const std::string time = compact_utc(now);
  const std::string day = time.substr(0, 8);
  const std::string scope = day + "/" + region_ + "/oss/aliyun_v4_request";
  std::vector<NameValue> added{{"x-oss-date", time}, {"x-oss-content-sha256", std::string(body_hash)}};
  if (!keys.token.reveal().empty()) added.emplace_back("x-oss-security-token", keys.token.reveal());

  Request whole = request;
  whole.headers.insert(whole.headers.end(), added.begin(), added.end());
  std::vector<std::string> names;
  for (const std::string& name : additional) names.push_back(lower(name));
  std::string used;
  const std::string text = canonical_request(whole, bucket_, names, used);
  const std::string to_sign = std::string(algorithm) + "\n" + time + "\n" + scope + "\n" + hex(view(sha256(text)));
  const std::string signature = hex(view(hmac_sha256(view(signing_key(keys.secret, day)), to_sign)));
  if (canonical) *canonical = text;
  added.emplace_back("Authorization", std::string(algorithm) + " Credential=" + keys.id + "/" + scope +
                                          (used.empty() ? "" : ",AdditionalHeaders=" + used) + ",Signature=" + signature);
  return added;
}

}  // namespace penstock::sign
