// A pipeline cut off from the world: events from memory in, events into memory out. No file, no network, no checkpoint: what
// `test` checks and what `explain` learns from.
#pragma once
#include <string>
#include <vector>

#include "runtime/main/program.h"

namespace penstock {

struct IsolatedOutcome {
  std::vector<std::string> events;    // what reached the sinks, as JSON texts
  std::vector<std::string> messages;  // what a run would have told its user: dead letters
};

// An event as a script writes it: text is a raw line, a table an event.
std::string line_of(const Value& event);

// Runs `pieces` (each one line or more, without the last line end) through the pipeline on one worker, with the functions of
// `script`. Fails when the pipeline cannot be compiled or started.
Result<IsolatedOutcome> run_isolated(const Program& program, script::Script& script, PipelineDeclaration pipeline,
                                     const std::vector<std::string>& pieces);

}  // namespace penstock
