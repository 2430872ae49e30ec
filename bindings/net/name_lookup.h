// The addresses that a host has, by the system's resolver.
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "bindings/net/address.h"
#include "bindings/net/listening_socket.h"
#include "runtime/loop/scheduler.h"

namespace penstock::net {

using FoundAddresses = std::function<void(Result<std::vector<SocketAddress>>)>;

// Calls `done` once, not from inside this; destroying the result gives the look-up up. In the system's order, at least one. What
// is numeric already is not asked for. Fails with
//   not_found   the host does not exist
//   retryable   it cannot be asked now whether it exists
//   invalid     a Unix path that is too long
std::unique_ptr<Scheduled> look_up(Scheduler& scheduler, const Address& address, SocketKind kind, FoundAddresses done);

}  // namespace penstock::net
