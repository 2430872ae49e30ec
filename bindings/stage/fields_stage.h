// The stage `fields`: an event keeps just these fields, in the order of the list.
//
// Options: names (a list of paths). A field that an event lacks is left out, one that is named twice counts once. A nested
// path keeps its structure: {"a.b"} gives {"a":{"b":...}}, and several of one parent are gathered in one object, where the
// first of them stands in the list. Values keep their bytes. Later stages read the fields that were not kept as missing, and
// what they write is added behind the list. Only a later custom_fields still finds the headers and cookies that the event came
// with: they are kept aside for it (SlotTable::Aside), where nothing else sees them.
#pragma once
#include "runtime/plan/components.h"

namespace penstock {

Result<std::unique_ptr<StagePlan>> make_fields_stage(const Value& options, const PlanContext& context);

}  // namespace penstock
