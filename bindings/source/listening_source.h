// What the sources `tcp`, `udp`, `unix` and `syslog` have in common: addresses that they listen on.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "bindings/net/listening_socket.h"
#include "bindings/source/connection_source.h"
#include "bindings/source/datagram_source.h"
#include "runtime/base/value.h"
#include "runtime/plan/components.h"

namespace penstock {

struct ListeningParts {
  std::string type;                         // of the source: `tcp`
  std::vector<net::ListenOptions> listen;   // at least one
  ConnectionSettings connections;           // of those with SocketKind::stream
  DatagramSettings datagrams;               // of those with SocketKind::datagram
  std::vector<std::string> formats;         // see SourcePlan::formats()
};

// Its senders cannot be asked again and wait for no answer: best effort.
class ListeningSourcePlan final : public SourcePlan {
 public:
  explicit ListeningSourcePlan(ListeningParts parts);
  std::unique_ptr<Source> open(SourceContext& context) override;
  bool finite() const override { return false; }
  bool replayable() const override { return false; }
  bool overlaps() const override { return true; }
  std::vector<std::string> formats() const override { return parts_.formats; }
  // `tcp 127.0.0.1:5170`, `syslog 127.0.0.1:514/tcp 127.0.0.1:514/udp`
  std::string describe() const override;

 private:
  const ListeningParts parts_;
  std::vector<std::unique_ptr<net::Listening>> listening_;
};

// Events of any format over connections. Options: listen (an address or several), connections_max, idle_timeout_ms,
// tls = { cert, key, client_ca }.
Result<std::unique_ptr<SourcePlan>> make_tcp_source(const Value& options, const PlanContext& context);
// Events of any format, one or more in a datagram. Options: listen, receive_buffer_bytes.
Result<std::unique_ptr<SourcePlan>> make_udp_source(const Value& options, const PlanContext& context);
// On this machine. Options: path, type (`stream`, `datagram`), mode (octal), connections_max, idle_timeout_ms, receive_buffer_bytes.
Result<std::unique_ptr<SourcePlan>> make_unix_source(const Value& options, const PlanContext& context);
// Syslog messages. Options: listen (addresses, also `unix:/path`), transport (one or more of `tcp`, `udp`, `unix` and `unix_stream`:
// each address serves those that it can; `unix` are datagrams, as /dev/log takes them), and those of the others. The format's
// own option `framing` tells how messages are cut out of a connection: see bindings/codec/syslog_frames.h.
Result<std::unique_ptr<SourcePlan>> make_syslog_source(const Value& options, const PlanContext& context);

void add_listening_sources(Components& components);

}  // namespace penstock
