// Stages that call a function of the script: `transform`, and `filter` with a function. Lua is entered once per batch.
//
// An error sends the event that caused it to the dead letter, with the script's line, and the loop goes on behind it. A
// function that runs too long, or takes too much memory, loses its whole batch to the dead letter: what it did to the batch
// by then is not known to be right.
#pragma once
#include "runtime/plan/components.h"

namespace penstock::script {

// Options: `function` (FunctionRef), `reads` (paths that are looked up ahead, optional). A batch may take context.script_time.
Result<std::unique_ptr<StagePlan>> make_transform_stage(const Value& options, const PlanContext& context);
// Options: `expression` (FunctionRef): keeps the events for which it returns neither nil nor false.
Result<std::unique_ptr<StagePlan>> make_function_filter_stage(const Value& options, const PlanContext& context);

}  // namespace penstock::script
