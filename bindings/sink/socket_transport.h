// Packages over plain connections and datagrams, whose receivers answer nothing.
#pragma once
#include <memory>
#include <optional>

#include "bindings/net/address.h"
#include "bindings/net/tls.h"
#include "runtime/delivery/transport.h"
#include "runtime/loop/scheduler.h"

namespace penstock {

struct SocketOptions {
  net::Address address;
  std::optional<net::TlsClientOptions> tls;
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds timeout{30'000};   // without any progress

  // From address, tls, connect_timeout_ms, timeout_ms. Code::invalid: no such address.
  static Result<SocketOptions> from(const Value& options);
};

// A package's body is written to a connection, which is kept for the next; each request under way has one of its own.
// delivered: the other machine's kernel has acknowledged every byte, and the connection still stands (on a new one on which a TLS 1.3
// server has asked for our certificate: it has sent something since, or has not refused it for half a second). What the program there
// makes of them nobody says, so that a receiver that is killed may lose what it had not read: best effort.
// A connection that is cut before that is transient: the package is sent again, whole. configuration: the host does not exist, the
// certificate is not to be trusted, or ours is refused.
// One for each worker; `options` and `scheduler` outlive it.
std::unique_ptr<Transport> make_stream_transport(const SocketOptions& options, Scheduler& scheduler);

// Each entry of a package is a datagram; one request at a time (DeliveryOptions::concurrency = 1). delivered: they were all handed to the kernel. data: an entry is longer than a datagram can be.
std::unique_ptr<Transport> make_datagram_transport(const SocketOptions& options, Scheduler& scheduler);

}  // namespace penstock
