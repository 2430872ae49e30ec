// TLS by OpenSSL: contexts for those who listen and those who connect, and the channels that they make.
//
// TLS 1.2 at least, OpenSSL's own choice of ciphers, no renegotiation, no compression. A context belongs to one thread.
#pragma once
#include <openssl/types.h>

#include <memory>
#include <optional>
#include <string>

#include "bindings/net/channel.h"
#include "runtime/base/value.h"

namespace penstock::net {

struct FreeSslContext {
  void operator()(SSL_CTX* context) const;
};
using SslContext = std::unique_ptr<SSL_CTX, FreeSslContext>;

// A certificate with its chain, and its key. All PEM; an encrypted key without its word is refused, nobody is asked for it.
struct Identity {
  std::string certificate;   // path
  Value key;                 // path (string), or the key itself (Secret)
  std::optional<Secret> key_password = {};
};

struct TlsServerOptions {
  Identity identity;
  std::string client_ca;     // path; not empty: clients must show a certificate that it has signed (mTLS)

  // From `{ cert =, key =, client_ca = }`.
  static TlsServerOptions from(const Value& options);
};

class TlsServer {
 public:
  // Fails with the option, the file and the reason: `option 'tls.cert': /etc/x.pem: No such file or directory`.
  static Result<std::unique_ptr<TlsServer>> open(const TlsServerOptions& options);
  // Over a socket that was accepted; the first reads shake hands.
  std::unique_ptr<Channel> channel(Descriptor socket);

 private:
  explicit TlsServer(SslContext context) : context_(std::move(context)) {}
  SslContext context_;
};

struct TlsClientOptions {
  bool verify = true;        // the server's certificate and that it is for its name
  std::string ca;            // path of a file; empty: the system's
  Identity identity;         // shown when the server asks; its certificate may be empty: none
  std::string server_name;   // that is asked for and looked for in the certificate; empty: the host that is connected to
  bool verify_name = true;   // false: any name will do

  // From `{ verify =, ca =, cert =, key =, key_password =, server_name =, verify_name = }`.
  static TlsClientOptions from(const Value& options);
};

class TlsClient {
 public:
  static Result<std::unique_ptr<TlsClient>> open(const TlsClientOptions& options);
  // Over a connected socket; the first reads and writes shake hands. A certificate that is not to be trusted fails them with
  // Code::denied and OpenSSL's words for why.
  std::unique_ptr<Channel> channel(Descriptor socket, const std::string& host);

 private:
  TlsClient(SslContext context, TlsClientOptions options) : context_(std::move(context)), options_(std::move(options)) {}
  SslContext context_;
  TlsClientOptions options_;
};

// Looks at the files that are named, so that what is wrong with them is told before anything runs. Code::invalid, in the words of open();
// the system's authorities are not looked at.
Status check_files(const TlsServerOptions& options);
Status check_files(const TlsClientOptions& options);
// The same for a file of authorities; `option`: its name, `credentials.sts_ca`. Empty: the system's.
Status check_authorities(const std::string& option, const std::string& path);

}  // namespace penstock::net
