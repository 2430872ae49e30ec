// Sends packages to one URL.
#pragma once
#include <memory>

#include "bindings/sink/http_options.h"
#include "runtime/delivery/transport.h"
#include "runtime/loop/scheduler.h"

namespace penstock {

// One for each worker and sink: its own connections. `options` and `scheduler` outlive it. Each request has the headers
// User-Agent, Content-Type, Content-Encoding, and X-Penstock-Batch with the package's id, the same on every try.
std::unique_ptr<Transport> make_http_transport(const HttpSinkOptions& options, Scheduler& scheduler);

}  // namespace penstock
