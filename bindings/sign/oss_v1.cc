#include "bindings/sign/oss_v1.h"

#include <algorithm>

#include "bindings/sign/canonical.h"
#include "bindings/sign/digest.h"
#include "bindings/sign/http_date.h"

namespace penstock::sign {

namespace {

// Parameters that name a part of a resource, and so are signed. Sorted.
constexpr std::string_view subresources[] = {
    "acl", "append", "bucketInfo", "callback", "callback-var", "cloudboxes", "continuation-token", "delete", "location", "objectMeta",
    "partNumber", "position", "regionList", "response-cache-control", "response-content-disposition", "response-content-encoding",
    "response-content-language", "response-content-type", "response-expires", "restore", "security-token", "sequential", "stat", "symlink",
    "tagging", "uploadId", "uploads", "versionId", "versioning", "versions",
};

bool names_subresource(const std::string& name) {
  return name.starts_with("x-oss-") || std::binary_search(std::begin(subresources), std::end(subresources), name);
}

// `/bucket/key?uploads`: nothing is percent-encoded.
std::string canonical_resource(const Request& request, const std::string& bucket) {
  std::string text = bucket.empty() ? request.path : "/" + bucket + request.path;
  std::vector<NameValue> query = request.query;
  std::sort(query.begin(), query.end());
  char lead = '?';
  for (const auto& [name, value] : query) {
    if (!names_subresource(name)) continue;
    text += lead;
    text += name;
    if (!value.empty()) text += "=" + value;
    lead = '&';
  }
  return text;
}

std::string value_of(const std::vector<NameValue>& headers, std::string_view name) {
  const std::string* value = find_header(headers, name);
  return value ? *value : "";
}

}  // namespace

std::vector<NameValue> sign_oss_v1(const Request& request, const std::string& bucket, const KeyPair& keys,
                                   std::chrono::system_clock::time_point now, std::string* canonical) {
  std::vector<NameValue> added;
  Request whole = request;
  const auto add = [&](std::string name, std::string value) {
    added.emplace_back(name, value);
    whole.headers.emplace_back(std::move(name), std::move(value));
  };
  std::string date = value_of(canonical_headers(request.headers), "x-oss-date");
  if (date.empty()) date = value_of(canonical_headers(request.headers), "date");
  if (date.empty()) {
    date = http_date(now);
    add("Date", date);
  }
  if (!keys.token.reveal().empty()) add("x-oss-security-token", keys.token.reveal());

  const std::vector<NameValue> headers = canonical_headers(whole.headers);
  std::string text = request.method + "\n" + value_of(headers, "content-md5") + "\n" + value_of(headers, "content-type") + "\n" + date + "\n";
  for (const auto& [name, value] : headers) {
    if (name.starts_with("x-oss-")) text += name + ":" + value + "\n";
  }
  text += canonical_resource(request, bucket);
  if (canonical) *canonical = text;
  added.emplace_back("Authorization", "OSS " + keys.id + ":" + base64(view(hmac_sha1(keys.secret.reveal(), text))));
  return added;
}

}  // namespace penstock::sign
