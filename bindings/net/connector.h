// One attempt to reach an address: looks the name up, connects, and opens a channel.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "bindings/net/address.h"
#include "bindings/net/channel.h"
#include "bindings/net/listening_socket.h"
#include "bindings/net/tls.h"
#include "runtime/loop/scheduler.h"

namespace penstock::net {

struct ConnectOptions {
  Address address;
  SocketKind kind = SocketKind::stream;   // a datagram socket is connected too: it sends to this address alone
  TlsClient* tls = nullptr;               // null: without; outlives the channel
  std::chrono::milliseconds timeout{10'000};  // of the whole, but TLS's handshake, which is the channel's
  std::vector<SocketAddress> known = {};  // the host's addresses; empty: it is looked up
};

// Destroying it gives the attempt up.
class Connector {
 public:
  static constexpr std::chrono::milliseconds address_time_min{250};

  using Done = std::function<void(Result<std::unique_ptr<Channel>>)>;

  virtual ~Connector() = default;
  // Calls `done` once, never from inside connect(); the connector may be destroyed in it. A host with several addresses is tried
  // at each in the system's order; each gets its share of the time that is left (at least address_time_min), so that one that
  // says nothing does not hide the others. Fails with
  //   not_found   the host does not exist
  //   retryable   it cannot be asked now whether it exists
  //   denied      permission (a Unix socket's file)
  //   io          refused, no route
  //   limit       nobody answers in time
  static std::unique_ptr<Connector> connect(Scheduler& scheduler, const ConnectOptions& options, Done done);
};

}  // namespace penstock::net
