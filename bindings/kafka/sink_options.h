// What a script says about a `kafka` or `ckafka` sink, checked. Schema: scripts/stdlib/penstock/schema/sink/{kafka,ckafka}.lua.
#pragma once
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "bindings/kafka/balancer.h"
#include "bindings/kafka/client_options.h"
#include "bindings/kafka/record_encoder.h"

namespace penstock::kafka {

struct SinkOptions {
  enum class Mode : std::uint8_t { event, batch };  // what a message holds

  ClientOptions client;
  std::string topic;                  // empty: made of each event's fields (parts.topic)
  std::size_t topics_max = 100;       // with parts.topic: so many different ones
  bool bury_wrong_topics = false;     // a topic that is not there or not allowed is the event's fault, not the configuration's
  MessageParts parts;                 // what is made of fields; in Mode::batch nothing is
  std::string batch_key;              // Mode::batch: of every message
  bool has_batch_key = false;
  std::vector<std::pair<std::string, std::string>> batch_headers;  // Mode::batch: of every message
  Mode mode = Mode::event;
  BalancerOptions balancer;
  std::vector<std::pair<std::string, std::string>> producer;  // librdkafka's properties for the rest
  std::string compression;
  std::int64_t message_bytes_max = 1'000'000;
  enum class Acks : std::uint8_t { none, leader, all };
  Acks acks = Acks::all;

  // Code::invalid names the option and what is allowed.
  static Result<SinkOptions> from(const Value& options);
  // All of a producer's configuration.
  Result<Conf> conf() const;
  // `kafka kafka-1:9092 SASL PLAIN topic edge-logs lz4`
  std::string describe(const std::string& type) const;
};

}  // namespace penstock::kafka
