// The stage `remove`: takes fields away.
//
// Options: names (a list of paths). A field that an event lacks costs nothing: an event with none of them stays as it came. The
// object around a nested field stays, even when it is empty then.
#pragma once
#include "runtime/plan/components.h"

namespace penstock {

Result<std::unique_ptr<StagePlan>> make_remove_stage(const Value& options, const PlanContext& context);

}  // namespace penstock
