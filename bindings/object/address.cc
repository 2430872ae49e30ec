#include "bindings/object/address.h"

#include <algorithm>

#include "bindings/sign/percent_encoding.h"

namespace penstock::object {

namespace {

struct Endpoint {
  std::string scheme;  // with ://
  std::string host;    // with the port, but for the scheme's own
  std::string base;    // path without the slash at its end
};

Endpoint take_apart(std::string_view url) {
  Endpoint endpoint;
  const std::size_t start = url.find("://") + 3;
  endpoint.scheme = url.substr(0, start);
  const std::size_t slash = url.find('/', start);
  endpoint.host = url.substr(start, slash == std::string_view::npos ? slash : slash - start);
  if (slash != std::string_view::npos) endpoint.base = url.substr(slash);
  while (endpoint.base.ends_with('/')) endpoint.base.pop_back();
  const std::string_view own_port = endpoint.scheme == "https://" ? ":443" : ":80";
  if (endpoint.host.ends_with(own_port)) endpoint.host.resize(endpoint.host.size() - own_port.size());
  return endpoint;
}

std::string endpoint_of(const Place& place) { return place.endpoint.empty() ? vendor_endpoint(place.vendor, place.region) : place.endpoint; }

// An IP address or localhost: no name can be put before it.
bool takes_no_names(std::string_view host) {
  if (host.starts_with('[')) return true;
  host = host.substr(0, host.find(':'));
  return host == "localhost" || host.find_first_not_of("0123456789.") == std::string_view::npos;
}

}  // namespace

std::string vendor_endpoint(Vendor vendor, const std::string& region) {
  if (vendor == Vendor::oss) return "https://oss-" + region + ".aliyuncs.com";
  return "https://s3." + region + (region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com");
}

Address address_of(const Place& place, std::string_view key) {
  const Endpoint endpoint = take_apart(endpoint_of(place));
  Address address;
  address.host = place.addressing == Addressing::virtual_host ? place.bucket + "." + endpoint.host : endpoint.host;
  address.path = endpoint.base + (place.addressing == Addressing::path ? "/" + place.bucket : "") + "/" + std::string(key);
  address.url = endpoint.scheme + address.host + sign::percent_encode_path(address.path);
  return address;
}

Addressing usual_addressing(const Place& place) {
  const Endpoint endpoint = take_apart(endpoint_of(place));
  if (takes_no_names(endpoint.host)) return Addressing::path;
  const bool dots = place.bucket.find('.') != std::string::npos;
  return dots && place.vendor == Vendor::s3 && endpoint.scheme == "https://" ? Addressing::path : Addressing::virtual_host;
}

Status check_endpoint(const std::string& endpoint) {
  const auto refuse = [&](const std::string& why) { return Status(Code::invalid, "endpoint " + why + ", got \"" + endpoint + "\""); };
  if (!endpoint.starts_with("https://") && !endpoint.starts_with("http://")) return refuse("must begin with https:// or http://");
  const std::string_view rest = std::string_view(endpoint).substr(endpoint.find("://") + 3);
  if (rest.empty() || rest.front() == '/' || rest.front() == ':') return refuse("has no host");
  for (const unsigned char c : rest) {
    if (c <= 0x20 || c >= 0x7f) return refuse("must be plain ASCII without spaces");
  }
  if (rest.find_first_of("?#@") != std::string_view::npos) return refuse("is scheme, host and port only");
  return {};
}

Status check_bucket(const std::string& bucket) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const auto allowed = [&](char c) { return plain(c) || c == '.' || c == '-'; };
  const bool right = bucket.size() >= 3 && bucket.size() <= 63 && plain(bucket.front()) && plain(bucket.back()) &&
                     std::all_of(bucket.begin(), bucket.end(), allowed);
  if (right) return {};
  std::string text = "bucket is 3 to 63 of a-z, 0-9, . and -, got \"" + bucket + "\"";
  if (bucket.find('/') != std::string::npos) text += " (hint: what follows the slash is prefix)";
  return Status(Code::invalid, text);
}

std::string object_name(const Place& place, std::string_view key) {
  return (place.vendor == Vendor::oss ? "oss://" : "s3://") + place.bucket + "/" + std::string(key);
}

}  // namespace penstock::object
