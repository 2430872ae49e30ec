#include "bindings/net/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <cstdio>

#include "bindings/net/tls_channel.h"

namespace penstock::net {

namespace {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;
using Bio = std::unique_ptr<BIO, FreeBio>;

Status failed(const std::string& what) {
  const std::string reason = take_ssl_error();
  return Status(Code::invalid, what + ": " + (reason.empty() ? "cannot be used" : reason));
}

std::string named(const std::string& option, const std::string& path) { return "option '" + option + "': " + path; }

// What OpenSSL says of a missing file is of no use to anybody.
Status readable(const std::string& option, const std::string& path) {
  std::FILE* const file = std::fopen(path.c_str(), "re");
  if (!file) return Status::from_errno(errno, named(option, path));
  std::fclose(file);
  return {};
}

// Gives the word of an encrypted key, if there is one: nobody sits at a terminal to be asked for it.
int give_password(char* room, int size, int, void* identity) {
  const std::optional<Secret>& password = static_cast<const Identity*>(identity)->key_password;
  if (!password || password->reveal().size() > static_cast<std::size_t>(size)) return -1;
  return static_cast<int>(password->reveal().copy(room, static_cast<std::size_t>(size)));
}

Status use_key(SSL_CTX* context, const Identity& identity) {
  const Value& key = identity.key;
  const bool from_file = key.is_string();
  const std::string what = from_file ? "option 'tls.key': " + key.string() : "option 'tls.key' (a secret)";
  if (from_file) {
    if (Status opened = readable("tls.key", key.string()); !opened.ok()) return opened;
  }
  const std::string& text = from_file ? key.string() : key.secret().reveal();
  const Bio source(from_file ? BIO_new_file(text.c_str(), "r") : BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  const Key read(source ? PEM_read_bio_PrivateKey(source.get(), nullptr, give_password, const_cast<Identity*>(&identity)) : nullptr);
  if (!read) return failed(what + ": no key in PEM that can be read");
  if (SSL_CTX_use_PrivateKey(context, read.get()) != 1) return failed(what);
  return {};
}

Status use_identity(SSL_CTX* context, const Identity& identity) {
  if (Status opened = readable("tls.cert", identity.certificate); !opened.ok()) return opened;
  if (SSL_CTX_use_certificate_chain_file(context, identity.certificate.c_str()) != 1) return failed(named("tls.cert", identity.certificate));
  if (!identity.key.is_string() && !identity.key.is_secret()) return Status(Code::invalid, "option 'tls.key' is missing");
  if (Status used = use_key(context, identity); !used.ok()) return used;
  if (SSL_CTX_check_private_key(context) != 1) return failed("option 'tls.key' does not belong to option 'tls.cert'");
  return {};
}

Status trust(SSL_CTX* context, const std::string& option, const std::string& path) {
  if (Status opened = readable(option, path); !opened.ok()) return opened;
  return SSL_CTX_load_verify_locations(context, path.c_str(), nullptr) == 1 ? Status() : failed(named(option, path));
}

Status use_files(SSL_CTX* context, const TlsClientOptions& options) {
  if (!options.ca.empty())
    if (Status trusted = trust(context, "tls.ca", options.ca); !trusted.ok()) return trusted;
  return options.identity.certificate.empty() ? Status() : use_identity(context, options.identity);
}

SslContext new_context(const SSL_METHOD* method) {
  SslContext context(SSL_CTX_new(method));
  if (!context) return context;
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Idle connections keep no buffers; a write takes what the socket takes, and is tried again from wherever its bytes are then.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return context;
}

Status require_clients(SSL_CTX* context, const std::string& client_ca) {
  if (Status trusted = trust(context, "tls.client_ca", client_ca); !trusted.ok()) return trusted;
  SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(client_ca.c_str()));
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return {};
}

bool is_ip_address(const std::string& host) {
  in6_addr ignored;
  return inet_pton(AF_INET, host.c_str(), &ignored) == 1 || inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

// Asks for the host by name and has its certificate looked at: what is found is told also where nobody insists on it.
bool expect_host(SSL* ssl, const std::string& host, const TlsClientOptions& options) {
  const bool is_ip = is_ip_address(host);
  if (!is_ip && SSL_set_tlsext_host_name(ssl, host.c_str()) != 1) return false;
  if (!options.verify_name) return true;
  const int expected = is_ip ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) : SSL_set1_host(ssl, host.c_str());
  return expected == 1 || !options.verify;
}

}  // namespace

void FreeSslContext::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

TlsServerOptions TlsServerOptions::from(const Value& options) {
  return {{options.string_or("cert", ""), options["key"]}, options.string_or("client_ca", "")};
}

Result<std::unique_ptr<TlsServer>> TlsServer::open(const TlsServerOptions& options) {
  SslContext context = new_context(TLS_server_method());
  if (!context) return failed("TLS");
  if (Status used = use_identity(context.get(), options.identity); !used.ok()) return used;
  if (!options.client_ca.empty()) {
    if (Status required = require_clients(context.get(), options.client_ca); !required.ok()) return required;
  }
  // Sessions that are taken up again skip the look at the client's certificate, so they are told apart by this.
  static constexpr unsigned char session_scope[] = "penstock";
  SSL_CTX_set_session_id_context(context.get(), session_scope, sizeof session_scope - 1);
  return std::unique_ptr<TlsServer>(new TlsServer(std::move(context)));
}

std::unique_ptr<Channel> TlsServer::channel(Descriptor socket) {
  Ssl ssl(SSL_new(context_.get()));
  if (!ssl) return nullptr;
  SSL_set_accept_state(ssl.get());
  return tls_channel(std::move(ssl), std::move(socket));
}

TlsClientOptions TlsClientOptions::from(const Value& options) {
  const Value& password = options["key_password"];
  TlsClientOptions out{options.bool_or("verify", true), options.string_or("ca", ""), {options.string_or("cert", ""), options["key"]}, options.string_or("server_name", "")};
  if (!password.is_nil()) out.identity.key_password = password.is_secret() ? password.secret() : Secret(password.string());
  out.verify_name = options.bool_or("verify_name", true);
  return out;
}

Result<std::unique_ptr<TlsClient>> TlsClient::open(const TlsClientOptions& options) {
  SslContext context = new_context(TLS_client_method());
  if (!context) return failed("TLS");
  if (options.ca.empty() && SSL_CTX_set_default_verify_paths(context.get()) != 1) return failed("TLS: the system's certificate authorities");
  if (Status used = use_files(context.get(), options); !used.ok()) return used;
  SSL_CTX_set_verify(context.get(), options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  return std::unique_ptr<TlsClient>(new TlsClient(std::move(context), options));
}

std::unique_ptr<Channel> TlsClient::channel(Descriptor socket, const std::string& host) {
  Ssl ssl(SSL_new(context_.get()));
  if (!ssl || !expect_host(ssl.get(), options_.server_name.empty() ? host : options_.server_name, options_)) return nullptr;
  SSL_set_connect_state(ssl.get());
  return tls_channel(std::move(ssl), std::move(socket));
}

namespace {

// Of the script, whatever the system calls it.
Status as_mistake(const Status& status) { return status.ok() ? Status() : Status(Code::invalid, status.text()); }

}  // namespace

Status check_files(const TlsServerOptions& options) {
  const Result<std::unique_ptr<TlsServer>> opened = TlsServer::open(options);
  return opened.ok() ? Status() : as_mistake(opened.status());
}

Status check_files(const TlsClientOptions& options) {
  const SslContext context = new_context(TLS_client_method());
  return context ? as_mistake(use_files(context.get(), options)) : failed("TLS");
}

Status check_authorities(const std::string& option, const std::string& path) {
  if (path.empty()) return {};
  const SslContext context = new_context(TLS_client_method());
  return context ? as_mistake(trust(context.get(), option, path)) : failed("TLS");
}

}  // namespace penstock::net
