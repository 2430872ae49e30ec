// How a client reaches its brokers: what a script says about it, checked. Schema: scripts/stdlib/penstock/schema/kafka.lua.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bindings/kafka/handles.h"
#include "bindings/kafka/known_properties.h"
#include "bindings/net/tls.h"
#include "runtime/base/status.h"
#include "runtime/base/value.h"

namespace penstock::kafka {

struct Sasl {
  std::string mechanism;  // PLAIN, SCRAM-SHA-256, SCRAM-SHA-512
  std::string user;
  Secret password;
};

// A property of librdkafka's that an option of ours decides, so that `properties` must not.
struct OwnedProperty {
  std::string_view name;    // one that ends with a star stands for all that begin so: `sasl.*`
  std::string_view option;  // what sets it: `option 'sasl'`; empty: nothing of a script's may
};

struct ClientOptions {
  std::vector<std::string> brokers;  // host:port
  std::string client_id;
  std::optional<Sasl> sasl;
  std::optional<net::TlsClientOptions> tls;  // without server_name: librdkafka asks for the broker's own
  std::vector<std::pair<std::string, std::string>> properties;  // of librdkafka's own, as they were given
  std::vector<std::string> secrets;                             // texts that nobody may see

  // Code::invalid names the option and what is allowed. `owned`: what the source or sink decides beside what every client does.
  //
  // `properties` may have what librdkafka's manual lists for this role, as far as no option decides it and it neither loads or runs
  // code nor reaches out of the client (plugins, engines, commands, signals, files that are written).
  static Result<ClientOptions> from(const Value& options, Role role, std::span<const OwnedProperty> owned = {});

  // In librdkafka's words, to be completed by the source or sink: `defaults`, over which `properties` go; librdkafka's own defaults
  // where nothing is said. Code::invalid for a property that it does not know or a value that it does not take.
  Result<Conf> conf(std::span<const std::pair<const char*, const char*>> defaults = {}) const;
  // `broker-1:9092,broker-2:9092 SASL PLAIN over TLS`
  std::string describe() const;
};

// Sets one property. Code::invalid: `property 'linger.ms': ...`.
Status set_property(rd_kafka_conf_t& conf, const std::string& name, const std::string& value);

// `text` with every secret in it as [secret].
std::string without_secrets(std::string text, std::span<const std::string> secrets);

}  // namespace penstock::kafka
