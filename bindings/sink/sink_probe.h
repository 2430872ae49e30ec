// A network sink's destination being tried: first the way there, then one tiny delivery.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bindings/sink/connection_probe.h"
#include "runtime/delivery/package.h"
#include "runtime/delivery/transport.h"
#include "runtime/plan/probe.h"

namespace penstock {

// What a sink offers for it.
struct SinkProbeParts {
  // Tried one after another; when none of them works there is no delivery. None: the delivery tells everything.
  std::vector<ProbedConnection> connections;
  // The sink does with any of them, so that where one works the failures of others are worth a warning.
  bool one_is_enough = false;
  // Sends the package, which it owns, in the protocol's own way, with a step for each thing that may be wrong.
  std::function<std::unique_ptr<Probe>(Package package, ProbeReport report)> deliver;
};

std::unique_ptr<Probe> probe_sink(Scheduler& scheduler, SinkProbeParts parts, Package package, ProbeReport report);

// The deliver() of a protocol with one step: the package is sent over `transport`, which is opened here. `sent` is what success
// means: `taken by the server`.
std::unique_ptr<Probe> probe_delivery(Scheduler& scheduler, std::unique_ptr<Transport> transport, std::string sent, Package package, ProbeReport report);

// An answer as a step: its hint becomes the advice, and where it has none what its outcome means.
ProbeStep step_of(std::string name, const Answer& answer, std::string sent);

}  // namespace penstock
