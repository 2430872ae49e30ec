// What every sink that sends over a network is made of: events are encoded entry by entry, put together into packages
// (batch, linger), compressed, and given to a delivery queue, which sends them by the protocol's transport, retries, spools
// and acks.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "bindings/compress/compression.h"
#include "bindings/sink/connection_probe.h"
#include "runtime/delivery/delivery_options.h"
#include "runtime/delivery/package.h"
#include "runtime/delivery/transport.h"
#include "runtime/plan/components.h"

namespace penstock {

struct NetworkSinkParts {
  std::string description;               // for `explain`: `http POST https://logs.example.com/ingest ndjson gzip`
  std::unique_ptr<EncoderPlan> encoder;
  Framing framing;                       // the encoder's own, or what the options made of it
  Compression compression = Compression::none;
  int compression_level = 0;             // from check_level()
  DeliveryOptions delivery;
  std::string state_directory;           // empty: no spool
  // One for each worker; what it uses of the context outlives it.
  std::function<std::unique_ptr<Transport>(const SinkContext&)> open_transport;
  // For `penstock destination test`: what the sink connects to; and how it sends a test package in its own way, null: over one
  // of its transports.
  std::vector<ProbedConnection> connections;
  bool one_connection_is_enough = false;
  std::function<std::unique_ptr<Probe>(const SinkContext&, Package, ProbeReport)> probe_delivery;
  // The bucket that it writes to, when it writes to one.
  std::shared_ptr<const OwnedDestination> owned_destination;
  // What else the sink reads of an event by name (templates); the encoder's columns are its own business.
  std::vector<std::string> reads;
  // Delivered means that somebody keeps the events. False: the edge is best effort, for the reason `loss` (empty: SinkPlan::loss).
  bool durable = true;
  std::string loss;
  // Somebody says what became of what was sent.
  bool answered = true;
};

std::unique_ptr<SinkPlan> make_network_sink(NetworkSinkParts parts);

}  // namespace penstock
