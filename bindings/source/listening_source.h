// What the sources `tcp`, `udp`, `unix` and `syslog` have in common: addresses that they listen on.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "bindings/net/listening_socket.h"
#include "bindings/source/connection_source.h"
#include "runtime/base/value.h"
#include "runtime/plan/components.h"

namespace penstock {

struct ListeningParts {
  std::string type;                             // of the source: `tcp`
  std::vector<net::ListenOptions> listen;       // at least one
  ConnectionSettings connections;
};

// Its senders cannot be asked again and wait for no answer: best effort.
class ListeningSourcePlan final : public SourcePlan {
 public:
  explicit ListeningSourcePlan(ListeningParts parts);
  std::unique_ptr<Source> open(SourceContext& context) override;
  bool finite() const override { return false; }
  bool replayable() const override { return false; }
  // `tcp 127.0.0.1:5170`
  std::string describe() const override;

 private:
  const ListeningParts parts_;
  std::vector<std::unique_ptr<net::Listening>> listening_;
};

// `tcp`: lines of any format over connections. Options: listen (an address or several), connections_max, idle_timeout_ms.
Result<std::unique_ptr<SourcePlan>> make_tcp_source(const Value& options, const PlanContext& context);
// `syslog`: the options of tcp, and transport (`tcp`; one or several). The format's own option `framing` tells how messages are
// cut out of a connection: see bindings/codec/syslog_frames.h.
Result<std::unique_ptr<SourcePlan>> make_syslog_source(const Value& options, const PlanContext& context);

void add_listening_sources(Components& components);

}  // namespace penstock
