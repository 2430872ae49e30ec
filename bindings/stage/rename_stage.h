// The stage `rename`: moves values to other names, byte for byte.
//
// Options: names (a map of path to path). All happen at once, so {a = "b", b = "a"} swaps. A field that an event lacks is
// passed over; what stood at the new name is replaced. A renamed field stands behind the others.
#pragma once
#include "runtime/plan/components.h"

namespace penstock {

// Fails when two fields are renamed to one name.
Result<std::unique_ptr<StagePlan>> make_rename_stage(const Value& options, const PlanContext& context);

}  // namespace penstock
