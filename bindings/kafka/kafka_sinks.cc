#include "bindings/kafka/kafka_sinks.h"

#include <random>

#include "bindings/kafka/broker_connections.h"
#include "bindings/kafka/kafka_transport.h"
#include "bindings/kafka/record_encoder.h"
#include "bindings/kafka/sink_options.h"
#include "bindings/kafka/transactional_sink.h"
#include "bindings/sink/encoding.h"
#include "bindings/sink/network_sink.h"

namespace penstock {

namespace {

using Acks = kafka::SinkOptions::Acks;

std::string loss_with(Acks acks) {
  switch (acks) {
    case Acks::none: return "with acks = 0 nobody says that an event has arrived (hint: acks = \"all\")";
    case Acks::leader: return "with acks = 1 an event is lost when its partition's leader fails before another broker has it (hint: acks = \"all\")";
    case Acks::all: break;
  }
  return {};
}

std::unique_ptr<Transport> open_transport(const std::shared_ptr<const kafka::SinkOptions>& options, const std::string& type, const SinkContext& sink) {
  return std::make_unique<kafka::KafkaTransport>(
      *options, kafka::TransportContext{sink.scheduler, sink.counters->own, "sink." + type, std::random_device()()});
}

Result<std::unique_ptr<EncoderPlan>> make_encoder(const kafka::SinkOptions& checked, const Value& options, const PlanContext& context) {
  Result<std::unique_ptr<EncoderPlan>> values = find_encoder(options.string_or("format", "ndjson"), options, context);
  if (!values.ok() || checked.mode == kafka::SinkOptions::Mode::batch) return values;
  return kafka::make_record_encoder(*std::move(values), checked.parts);
}

Result<std::unique_ptr<SinkPlan>> make_sink(const std::string& type, const Value& options, const PlanContext& context) {
  Result<kafka::SinkOptions> checked = kafka::SinkOptions::from(options);
  if (!checked.ok()) return checked.take_status();
  const auto shared = std::make_shared<const kafka::SinkOptions>(*std::move(checked));
  Result<DeliveryOptions> delivery = DeliveryOptions::from(options, context.exactly_once ? "" : context.state_directory);
  if (!delivery.ok()) return delivery.take_status();
  Result<std::unique_ptr<EncoderPlan>> encoder = make_encoder(*shared, options, context);
  if (!encoder.ok()) return encoder.take_status();

  NetworkSinkParts parts;
  parts.encoder = *std::move(encoder);
  parts.framing = parts.encoder->framing();
  parts.delivery = *std::move(delivery);
  parts.description = shared->describe(type) + " " + options.string_or("format", "ndjson");
  parts.state_directory = context.state_directory;
  parts.reads = shared->parts.reads();
  parts.durable = shared->acks == Acks::all;
  parts.answered = shared->acks != Acks::none;
  parts.loss = loss_with(shared->acks);
  parts.connections = kafka::broker_connections(shared->client);
  parts.one_connection_is_enough = true;
  parts.open_transport = [shared, type](const SinkContext& sink) { return open_transport(shared, type, sink); };
  if (!context.exactly_once) return make_network_sink(std::move(parts));

  Result<std::unique_ptr<EncoderPlan>> in_transactions = make_encoder(*shared, options, context);
  if (!in_transactions.ok()) return in_transactions.take_status();
  kafka::TransactionalSinkParts transactional{type, parts.description, shared, *std::move(in_transactions), parts.delivery, nullptr};
  Result<std::unique_ptr<SinkPlan>> plain = make_network_sink(std::move(parts));
  if (!plain.ok()) return plain.take_status();
  transactional.plain = *std::move(plain);
  return kafka::make_transactional_sink(std::move(transactional), context.pipeline);
}

}  // namespace

void add_kafka_sinks(Components& components) {
  for (const char* type : {"kafka", "ckafka"})
    components.sinks[type] = [type](const Value& options, const PlanContext& context) { return make_sink(type, options, context); };
}

}  // namespace penstock
