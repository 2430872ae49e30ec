// The sink `blackhole`: takes everything, keeps nothing.
//
//   encode   (false) encode the events all the same, to measure what that costs
//   format   ("ndjson") with encode: the format, and its options beside it
#pragma once
#include "runtime/plan/components.h"

namespace penstock {

Result<std::unique_ptr<SinkPlan>> make_blackhole_sink(const Value& options, const PlanContext& context);

}  // namespace penstock
