#include "bindings/sink/socket_transport.h"

namespace penstock {

Result<SocketOptions> SocketOptions::from(const Value& options) {
  SocketOptions out;
  Result<net::Address> address = net::Address::parse(options.string_or("address", ""));
  if (!address.ok()) return Status(Code::invalid, "option 'address': " + address.status().text());
  if (!address->is_unix() && address->port == 0) return Status(Code::invalid, "option 'address': \"" + address->text() + "\" has no port to connect to");
  out.address = *std::move(address);
  if (options["tls"].is_map()) out.tls = net::TlsClientOptions::from(options["tls"]);
  if (out.tls && out.tls->identity.certificate.empty() != out.tls->identity.key.is_nil())
    return Status(Code::invalid, "option 'tls': cert and key go together");
  if (Status files = out.tls ? net::check_files(*out.tls) : Status(); !files.ok()) return files;
  out.connect_timeout = std::chrono::milliseconds(options.integer_or("connect_timeout_ms", out.connect_timeout.count()));
  out.timeout = std::chrono::milliseconds(options.integer_or("timeout_ms", out.timeout.count()));
  return out;
}

}  // namespace penstock
