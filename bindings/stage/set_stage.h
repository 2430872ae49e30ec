// The stage `set`: writes constants into fields.
//
// Options: values (a map of path to value: string, number, boolean, null, or lists and maps of them). Each event gets each
// value, whether it had the field or not; a nested path makes the objects around it. A list is written as a JSON array, a map
// as an object with its keys in ascending order. Numbers must be finite. A secret is written as its text.
#pragma once
#include "runtime/plan/components.h"

namespace penstock {

Result<std::unique_ptr<StagePlan>> make_set_stage(const Value& options, const PlanContext& context);

}  // namespace penstock
