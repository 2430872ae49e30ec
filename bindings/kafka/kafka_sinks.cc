#include "bindings/kafka/kafka_sinks.h"

#include <random>

#include "bindings/kafka/kafka_transport.h"
#include "bindings/kafka/record_encoder.h"
#include "bindings/kafka/sink_options.h"
#include "bindings/sink/encoding.h"
#include "bindings/sink/network_sink.h"

namespace penstock {

namespace {

// A transport that owns what it stands on.
std::unique_ptr<Transport> open_transport(const std::shared_ptr<const kafka::SinkOptions>& options, const std::string& type, const SinkContext& sink) {
  return std::make_unique<kafka::KafkaTransport>(
      *options, kafka::TransportContext{sink.scheduler, sink.counters->own, "sink." + type, sink.on_message, std::random_device()()});
}

Result<std::unique_ptr<SinkPlan>> make_sink(const std::string& type, const Value& options, const PlanContext& context) {
  Result<kafka::SinkOptions> checked = kafka::SinkOptions::from(options);
  if (!checked.ok()) return checked.take_status();
  const auto shared = std::make_shared<const kafka::SinkOptions>(*std::move(checked));

  NetworkSinkParts parts;
  const std::string format = options.string_or("format", "ndjson");
  Result<std::unique_ptr<EncoderPlan>> encoder = find_encoder(format, options, context);
  if (!encoder.ok()) return encoder.take_status();
  parts.encoder = shared->mode == kafka::SinkOptions::Mode::batch ? *std::move(encoder) : kafka::make_record_encoder(*std::move(encoder), shared->parts);
  parts.framing = parts.encoder->framing();
  Result<DeliveryOptions> delivery = DeliveryOptions::from(options, context.state_directory);
  if (!delivery.ok()) return delivery.take_status();
  parts.delivery = *std::move(delivery);
  parts.description = shared->describe(type) + " " + format;
  parts.state_directory = context.state_directory;
  parts.reads = shared->parts.reads();
  parts.durable = shared->acked;
  parts.open_transport = [shared, type](const SinkContext& sink) { return open_transport(shared, type, sink); };
  return make_network_sink(std::move(parts));
}

}  // namespace

void add_kafka_sinks(Components& components) {
  for (const char* type : {"kafka", "ckafka"})
    components.sinks[type] = [type](const Value& options, const PlanContext& context) { return make_sink(type, options, context); };
}

}  // namespace penstock
