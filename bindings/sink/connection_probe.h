// The way to a destination, step by step: its name is looked up, an address connected to, hands are shaken. Nothing is sent but
// what TLS sends by itself.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "bindings/http/client.h"
#include "bindings/http/url.h"
#include "bindings/net/address.h"
#include "bindings/net/listening_socket.h"
#include "bindings/net/tls.h"
#include "runtime/loop/scheduler.h"
#include "runtime/plan/probe.h"

namespace penstock {

struct ProbedConnection {
  net::Address address;
  net::SocketKind kind = net::SocketKind::stream;
  std::optional<net::TlsClientOptions> tls = {};
  std::chrono::milliseconds timeout{10'000};  // of each step
  // An HTTP proxy is named by this variable of the environment: the sink's own connections may be of another kind, so what
  // fails here is only worth a warning.
  std::string proxy_variable = {};
};

// What an HTTP client with these options connects to.
ProbedConnection connection_of(const http::Url& url, const http::ClientOptions& options);

// Steps `DNS` (names only), `TCP` (`connection` for Unix sockets and datagrams), `TLS`. The certificate is looked at also where the sink
// does not (verify = false), which is worth a warning.
std::unique_ptr<Probe> probe_connection(Scheduler& scheduler, ProbedConnection connection, ProbeReport report);

}  // namespace penstock
