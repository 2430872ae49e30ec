// A source whose senders connect to it: each connection is a stream.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "bindings/net/listening_socket.h"
#include "bindings/net/tls.h"
#include "runtime/plan/source.h"

namespace penstock {

// What the plan shares with the sources of its workers, which it outlives.
struct ConnectionSettings {
  std::string type;                            // of the source, for messages: `tcp`
  std::size_t connections_max = 10'000;        // on each worker and address
  std::chrono::milliseconds idle_timeout{0};   // a connection that brings nothing for so long is closed; 0: never
  std::optional<net::TlsServerOptions> tls;
};

// Best effort: a sender is told nothing, so what was read and not delivered is lost with the process. At the end of the run it
// takes the connections and bytes that the kernel has already, at most drain_bytes_max in drain_time_max, then closes.
class ConnectionSource {
 public:
  static constexpr std::size_t drain_bytes_max = 64 * 1024 * 1024;
  static constexpr std::chrono::milliseconds drain_time_max{2000};
  static constexpr std::chrono::milliseconds handshake_time_max{15'000};

  static std::unique_ptr<Source> make(SourceContext& context, const ConnectionSettings& settings, net::Listening& listening);
};

}  // namespace penstock
