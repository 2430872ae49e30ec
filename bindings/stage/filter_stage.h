// The stage `filter`: keeps the events that a filter holds for. Filters that are Lua functions are none of its business.
#pragma once
#include <memory>

#include "runtime/plan/components.h"
#include "runtime/plan/stage.h"

namespace penstock {

// Options: `expression`, a filter as text (runtime/filter/parser.h) or as data (runtime/filter/from_data.h). Fails with
// their texts.
Result<std::unique_ptr<StagePlan>> make_filter_stage(const Value& options, const PlanContext& context);

}  // namespace penstock
