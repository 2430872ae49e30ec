#include "bindings/kafka/broker_connections.h"

namespace penstock::kafka {

std::vector<ProbedConnection> broker_connections(const ClientOptions& options) {
  std::vector<ProbedConnection> connections;
  for (const std::string& broker : options.brokers) {
    Result<net::Address> address = net::Address::parse(broker);
    if (!address.ok()) continue;  // librdkafka may know better; its delivery tells
    connections.push_back({*std::move(address), net::SocketKind::stream, options.tls});
  }
  return connections;
}

}  // namespace penstock::kafka
