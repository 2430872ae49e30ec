// What a client connects to first: for `penstock destination test`, which tries the brokers of the option one after another.
#pragma once
#include <vector>

#include "bindings/kafka/client_options.h"
#include "bindings/sink/connection_probe.h"

namespace penstock::kafka {

// One for each of `brokers`, with TLS as librdkafka would speak it. What the brokers tell of each other is not known here.
std::vector<ProbedConnection> broker_connections(const ClientOptions& options);

}  // namespace penstock::kafka
