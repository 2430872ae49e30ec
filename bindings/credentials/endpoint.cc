#include "bindings/credentials/endpoint.h"

#include <arpa/inet.h>

namespace penstock::credentials {

namespace {

// Of http and https URLs alike; what stands before the first slash.
std::string_view authority_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of("/?#"));
}

}  // namespace

Result<http::Url> check_endpoint(const std::string& name, std::string_view text, InClear in_clear) {
  // Every `@`: servers and libraries disagree about which of them ends the user's name.
  if (authority_of(text).find('@') != std::string_view::npos) return Status(Code::invalid, name + ": the url must not hold a user or password");
  Result<http::Url> url = http::Url::parse(text);
  if (!url.ok()) return Status(Code::invalid, name + ": " + url.status().text() + ", got \"" + std::string(text.substr(0, 200)) + "\"");
  if (!url->secure() && in_clear == InClear::to_loopback && !is_loopback(*url)) {
    return Status(Code::invalid, name + " must be https (http only to this machine, as 127.0.0.1), for keys travel there; got \"" + url->origin + "\"");
  }
  return url;
}

std::string host_of(const http::Url& url) {
  std::string host(authority_of(url.origin));
  const std::string_view usual = url.secure() ? ":443" : ":80";
  if (host.ends_with(usual)) host.resize(host.size() - usual.size());
  return host;
}

std::string name_of_host(const http::Url& url) {
  const std::string_view host = authority_of(url.origin);
  return std::string(host.substr(0, host.starts_with('[') ? host.find(']') + 1 : host.find(':')));
}

bool is_loopback(const http::Url& url) {
  const std::string host = name_of_host(url);
  in_addr address{};
  if (::inet_pton(AF_INET, host.c_str(), &address) == 1) return ntohl(address.s_addr) >> 24 == 127;
  return host == "localhost" || host == "[::1]";
}

}  // namespace penstock::credentials
