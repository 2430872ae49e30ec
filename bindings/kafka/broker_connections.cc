#include "bindings/kafka/broker_connections.h"

namespace penstock::kafka {

namespace {

net::TlsClientOptions tls_of(const Tls& tls) {
  net::TlsClientOptions options;
  options.verify = tls.verify;
  options.verify_name = tls.verify_name;
  options.ca = tls.ca;
  options.identity = {tls.certificate, tls.key, tls.key_password};
  return options;
}

}  // namespace

std::vector<ProbedConnection> broker_connections(const ClientOptions& options) {
  std::vector<ProbedConnection> connections;
  for (const std::string& broker : options.brokers) {
    Result<net::Address> address = net::Address::parse(broker);
    if (!address.ok()) continue;  // librdkafka may know better; its delivery tells
    connections.push_back({*std::move(address)});
    if (options.tls) connections.back().tls = tls_of(*options.tls);
  }
  return connections;
}

}  // namespace penstock::kafka
