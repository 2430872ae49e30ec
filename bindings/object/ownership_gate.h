// Nothing goes to a bucket before somebody proved to own it.
#pragma once
#include <memory>
#include <string>

#include "runtime/delivery/transport.h"
#include "runtime/loop/scheduler.h"

namespace penstock::object {

struct OwnershipGate {
  std::string state_directory;  // where it is recorded (ownership.h)
  std::string destination;      // its identity
  std::string refusal;          // what is answered until it is verified: what to do
};

// A transport that answers `configuration` until the destination is verified, and from then on is `transport`. The record is looked
// at for each package until then, on a thread of the pool: so a sink that waits goes on by itself.
std::unique_ptr<Transport> behind_gate(OwnershipGate gate, std::unique_ptr<Transport> transport, Scheduler& scheduler);

}  // namespace penstock::object
