// URLs of destinations: taken apart once, put together for each request.
#pragma once
#include <string>
#include <string_view>

#include "bindings/net/address.h"
#include "runtime/base/status.h"

namespace penstock::http {

struct Url {
  std::string origin;  // `https://logs.example.com:8443`, port only when it was given
  std::string path;    // percent-encoded, `/` at least
  std::string query;   // behind the `?`, percent-encoded; may be empty

  // http and https only. Refuses user names and fragments, spaces and control characters. Fails with Code::invalid; the text
  // says what is expected and never repeats what may be a secret (user name, password, query).
  static Result<Url> parse(std::string_view text);
  bool secure() const { return origin.starts_with("https:"); }
  // The server's, with the scheme's own port when none was given.
  net::Address address() const;
  // With `more` (`a=b&c=d`) behind the query.
  std::string text(std::string_view more = {}) const;
  // For people: without query.
  std::string shown() const { return origin + path; }
};

// Every byte but RFC 3986's unreserved characters as %XX.
std::string percent_encode(std::string_view text);
// Undoes %XX; what is no such triple stays as it is.
std::string percent_decode(std::string_view text);

// RFC 9110 section 5.6.2: what names of headers are made of.
bool is_token(std::string_view text);
// No CR, LF, NUL or other control characters but tab.
bool is_header_value(std::string_view text);

}  // namespace penstock::http
