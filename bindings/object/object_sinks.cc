#include "bindings/object/object_sinks.h"

#include "bindings/object/object_options.h"
#include "bindings/object/object_probe.h"
#include "bindings/object/object_transport.h"
#include "bindings/object/owned_bucket.h"
#include "bindings/object/ownership_gate.h"
#include "bindings/sink/encoding.h"
#include "bindings/sink/network_sink.h"

namespace penstock {

namespace {

// Batches of objects are large: a few of them wait in memory at once.
constexpr std::uint64_t memory_bytes_standard = 256 * 1024 * 1024;

Result<DeliveryOptions> delivery_from(const Value& options, const PlanContext& context) {
  Result<DeliveryOptions> delivery = DeliveryOptions::from(options, context.state_directory);
  if (delivery.ok() && !delivery->disk && options["buffer_max_bytes"].is_nil()) delivery->memory_bytes_max = memory_bytes_standard;
  return delivery;
}

Status check_keys(const object::ObjectSinkOptions& options, const PlanContext& context) {
  const std::string extension = options.upload.writer.extension + std::string(extension_of(options.compression));
  return options.upload.key.check_length({context.pipeline, object::host_name(), context.workers - 1, extension});
}

object::OwnershipGate gate_of(const OwnedDestination& bucket, const PlanContext& context) {
  const std::string state = context.state_directory.empty() ? "" : " --state " + context.state_directory;
  return {context.records_directory, bucket.identity(),
          "nobody has proved to own " + bucket.name() + " (hint: penstock destination verify SCRIPT" + state + ")"};
}

// What penstock destination test tries.
void add_probe(NetworkSinkParts& parts, const std::shared_ptr<const object::ObjectSinkOptions>& objects) {
  if (Result<http::Url> url = http::Url::parse(object::address_of(objects->place, "").url); url.ok())
    parts.connections = {connection_of(*url, objects->client)};
  parts.probe_delivery = [objects](const SinkContext& sink, Package package, ProbeReport report) {
    return object::probe_bucket(*objects, sink.scheduler, std::move(package), std::move(report));
  };
}

Result<std::unique_ptr<SinkPlan>> make_object_sink(object::Vendor vendor, const Value& options, const PlanContext& context) {
  NetworkSinkParts parts;
  const std::string format = options.string_or("format", "ndjson");
  Result<std::unique_ptr<EncoderPlan>> encoder = find_encoder(format, options, context);
  if (!encoder.ok()) return encoder.take_status();
  parts.encoder = *std::move(encoder);
  parts.framing = parts.encoder->framing();

  Result<object::ObjectSinkOptions> checked = object::ObjectSinkOptions::from(vendor, options, parts.framing, credentials::this_machine());
  if (!checked.ok()) return checked.take_status();
  if (Status status = check_keys(*checked, context); !status.ok()) return status;
  const auto objects = std::make_shared<const object::ObjectSinkOptions>(*std::move(checked));

  Result<DeliveryOptions> delivery = delivery_from(options, context);
  if (!delivery.ok()) return delivery.take_status();
  parts.delivery = *std::move(delivery);
  parts.compression = objects->compression;
  parts.compression_level = objects->compression_level;
  parts.description = objects->describe() + " " + format + (objects->compression == Compression::none ? "" : " " + std::string(name_of(objects->compression)));
  parts.state_directory = context.state_directory;
  const bool must_be_verified = options.bool_or("verify_ownership", false);
  parts.owned_destination = object::owned_bucket(objects, must_be_verified);
  add_probe(parts, objects);
  parts.open_transport = [objects, state = context.state_directory](const SinkContext& sink) { return object::open_object_transport(*objects, sink, state); };
  if (must_be_verified) {
    parts.open_transport = [open = std::move(parts.open_transport), gate = gate_of(*parts.owned_destination, context)](const SinkContext& sink) {
      return object::behind_gate(gate, open(sink), sink.scheduler);
    };
  }
  return make_network_sink(std::move(parts));
}

}  // namespace

void add_object_sinks(Components& components) {
  components.sinks["s3"] = [](const Value& options, const PlanContext& context) { return make_object_sink(object::Vendor::s3, options, context); };
  components.sinks["oss"] = [](const Value& options, const PlanContext& context) { return make_object_sink(object::Vendor::oss, options, context); };
}

}  // namespace penstock
