#include "bindings/source/http_options.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "bindings/net/tls.h"
#include "bindings/sign/signed_url.h"

namespace penstock {

namespace {

Status wrong(const std::string& text) { return Status(Code::invalid, text); }

std::string revealed(const Value& value) { return value.is_secret() ? value.secret().reveal() : value.is_string() ? value.string() : std::string(); }

// Takes as long for every text of one length.
bool same(std::string_view one, std::string_view other) { return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0; }

std::string basic_credentials(const std::string& user, const std::string& password) {
  const std::string text = user + ":" + password;
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

Result<HttpAccess> read_access(const Value& auth) {
  HttpAccess access;
  if (!auth.is_map()) return access;
  const Value& bearer = auth["bearer"];
  const Value& basic = auth["basic"];
  const Value& signed_url = auth["signed_url"];
  if (!bearer.is_nil() + !basic.is_nil() + !signed_url.is_nil() != 1) return wrong("option 'auth' is one of bearer, basic and signed_url");
  if (!bearer.is_nil()) {
    access.kind = HttpAccess::Kind::bearer;
    access.expected = revealed(bearer);
  } else if (!basic.is_nil()) {
    access.kind = HttpAccess::Kind::basic;
    access.expected = basic_credentials(revealed(basic["user"]), revealed(basic["password"]));
  } else {
    access.kind = HttpAccess::Kind::signed_url;
    access.expected = revealed(signed_url["private_key"]);
    if (Status status = sign::check_private_key(access.expected); !status.ok()) return wrong("option 'auth.signed_url.private_key': " + status.text());
    const std::string path = signed_url.string_or("path", "");
    if (!path.empty()) access.signed_path = sign::signed_path(path);
  }
  if (access.expected.empty()) return wrong("option 'auth' must not be empty");
  return access;
}

Status read_listen(const Value& options, HttpSourceOptions& into) {
  for (const std::string& text : options.strings("listen")) {
    net::ListenOptions listen;
    Result<net::Address> address = net::Address::parse(text);
    if (!address.ok()) return wrong("option 'listen': " + address.status().text());
    if (Result<net::SocketAddress> numeric = net::numeric_address(*address); !numeric.ok()) return wrong("option 'listen': " + numeric.status().text());
    listen.address = *std::move(address);
    into.listen.push_back(std::move(listen));
  }
  return into.listen.empty() ? wrong("option 'listen' is missing") : Status();
}

Status read_tls(const Value& tls, HttpSourceOptions& into) {
  if (!tls.is_map()) return {};
  into.tls = http::ServerTls{tls.string_or("cert", ""), tls["key"].is_secret() ? "" : tls.string_or("key", ""), tls.string_or("client_ca", ""),
                             tls["key"].is_secret() ? tls["key"].secret().reveal() : ""};
  return net::check_files(net::TlsServerOptions::from(tls));
}

void read_bounds(const Value& options, HttpSourceOptions& into) {
  const auto size = [&](const char* name, auto& value) { value = static_cast<std::remove_reference_t<decltype(value)>>(options.integer_or(name, static_cast<std::int64_t>(value))); };
  const auto seconds = [&](const char* name, std::chrono::seconds& value) {
    value = std::chrono::ceil<std::chrono::seconds>(std::chrono::milliseconds(options.integer_or(name, std::chrono::milliseconds(value).count())));
  };
  size("max_body_bytes", into.body_bytes_max);
  size("requests_max", into.requests_max);
  size("requests_max_bytes", into.request_bytes_max);
  size("client_requests_max", into.client_requests_max);
  size("connections_max", into.connections_max);
  seconds("timeout_ms", into.timeout);
  seconds("retry_after_ms", into.retry_after);
  into.body_timeout = std::chrono::milliseconds(options.integer_or("body_timeout_ms", into.body_timeout.count()));
  into.answer_timeout = std::chrono::milliseconds(options.integer_or("answer_timeout_ms", into.answer_timeout.count()));
  // One body of the largest size must fit.
  into.request_bytes_max = std::max(into.request_bytes_max, into.body_bytes_max);
}

}  // namespace

HttpAccess::Refusal HttpAccess::check(const http::Request& request, std::int64_t now) const {
  if (kind == Kind::everybody) return {};
  if (kind == Kind::signed_url) {
    const std::string key = request.parameter("auth_key").value_or("");
    const std::string path = signed_path.empty() ? std::string(request.path()) : signed_path;
    switch (sign::check_auth_key(key, path, expected, now)) {
      case sign::AuthKeyVerdict::right: return {};
      case sign::AuthKeyVerdict::malformed: return {403, "the parameter auth_key is missing or malformed"};
      case sign::AuthKeyVerdict::expired: return {403, "the signature has expired"};
      case sign::AuthKeyVerdict::wrong: return {403, "the signature is wrong"};
    }
  }
  const std::string_view scheme = kind == Kind::bearer ? "Bearer " : "Basic ";
  const std::string_view given = request.header("Authorization").value_or("");
  const bool known_scheme = given.size() > scheme.size() && std::equal(scheme.begin(), scheme.end(), given.begin(), [](char a, char b) { return (a | 0x20) == (b | 0x20); });
  if (!known_scheme) return {401, "authorization is required"};
  return same(given.substr(scheme.size()), expected) ? Refusal{} : Refusal{401, "wrong credentials"};
}

Result<HttpSourceOptions> HttpSourceOptions::from(const Value& options) {
  HttpSourceOptions into;
  if (Status status = read_listen(options, into); !status.ok()) return status;
  into.path = options.string_or("path", "");
  if (!into.path.empty() && !into.path.starts_with('/')) return wrong("option 'path' must begin with /, got \"" + into.path + "\"");
  if (into.path == "/") into.path.clear();
  into.look = options.string_or("format", "auto") == "auto";
  Result<HttpAccess> access = read_access(options["auth"]);
  if (!access.ok()) return access.take_status();
  into.access = *std::move(access);
  if (Status status = read_tls(options["tls"], into); !status.ok()) return status;
  read_bounds(options, into);
  return into;
}

std::string HttpSourceOptions::describe() const {
  std::string out = "http";
  for (const net::ListenOptions& one : listen) out += " " + one.address.text() + path;
  return out;
}

}  // namespace penstock
