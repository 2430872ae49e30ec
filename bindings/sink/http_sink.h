// The `http` sink: batches of events as bodies of requests to an HTTP server.
#pragma once
#include "runtime/plan/components.h"

namespace penstock {

Result<std::unique_ptr<SinkPlan>> make_http_sink(const Value& options, const PlanContext& context);

}  // namespace penstock
