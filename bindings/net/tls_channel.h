// A channel over OpenSSL. Internal to this folder.
#pragma once
#include <openssl/ssl.h>

#include <memory>

#include "bindings/net/channel.h"

namespace penstock::net {

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using Ssl = std::unique_ptr<SSL, FreeSsl>;

// The latest words of OpenSSL's error queue, which is emptied: `certificate verify failed`; empty when there are none.
std::string take_ssl_error();

// `ssl` is new, in accept or connect state.
std::unique_ptr<Channel> tls_channel(Ssl ssl, Descriptor socket);

}  // namespace penstock::net
