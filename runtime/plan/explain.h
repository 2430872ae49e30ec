// What `penstock explain` prints: the compiled plan in words.
#pragma once
#include <string>

#include "runtime/plan/pipeline_plan.h"

namespace penstock {

// Several lines, indented by depth: sources with their delivery class, every stage with where it runs and what it reads,
// sinks. `lua_notes`: what is known of the functions of the script, by the stage's place.
std::string explain(const PipelinePlan& plan, const std::map<std::string, std::string>& lua_notes);

// How far a source can be trusted over a crash: `replayable`, `best effort`.
std::string delivery_class(const SourceNode& source);

}  // namespace penstock
