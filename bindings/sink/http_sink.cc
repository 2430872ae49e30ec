#include "bindings/sink/http_sink.h"

#include "bindings/sink/encoding.h"
#include "bindings/sink/http_transport.h"
#include "bindings/sink/network_sink.h"

namespace penstock {

Result<std::unique_ptr<SinkPlan>> make_http_sink(const Value& options, const PlanContext& context) {
  Result<HttpSinkOptions> checked = HttpSinkOptions::from(options);
  if (!checked.ok()) return checked.take_status();
  const auto http = std::make_shared<const HttpSinkOptions>(*std::move(checked));

  NetworkSinkParts parts;
  const std::string format = options.string_or("format", "ndjson");
  Result<std::unique_ptr<EncoderPlan>> encoder = find_encoder(format, options, context);
  if (!encoder.ok()) return encoder.take_status();
  parts.encoder = *std::move(encoder);
  Result<Framing> framing = framing_from(options, parts.encoder->framing());
  if (!framing.ok()) return framing.take_status();
  parts.framing = *std::move(framing);
  Result<DeliveryOptions> delivery = DeliveryOptions::from(options, context.state_directory);
  if (!delivery.ok()) return delivery.take_status();
  parts.delivery = *std::move(delivery);
  parts.compression = http->compression;
  parts.compression_level = http->compression_level;
  parts.description = http->describe() + " " + format + (http->compression == Compression::none ? "" : " " + options.string_or("compression", ""));
  parts.state_directory = context.state_directory;
  parts.connections = {connection_of(http->url, http->client)};
  parts.open_transport = [http](const SinkContext& sink) { return make_http_transport(*http, sink.scheduler); };
  return make_network_sink(std::move(parts));
}

}  // namespace penstock
