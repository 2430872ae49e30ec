// What `penstock explain` prints: the compiled plan in words.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "runtime/plan/pipeline_plan.h"

namespace penstock {

// What is known of a function of the script from a sample run.
struct FunctionNote {
  std::vector<std::string> lines;  // printed below its stage
  std::vector<std::string> reads;  // fields, beside those that the stage declares
};

struct ExplainNotes {
  std::map<int, FunctionNote> functions;  // by FunctionRef::number
  std::string sample;                     // where the notes come from, one line; empty: no Lua
};

// Several lines, indented by depth: sources with their delivery class, every stage with where it runs and what it reads,
// sinks with theirs.
std::string explain(const PipelinePlan& plan, const ExplainNotes& notes);

// One line for each source and sink, with its delivery class, one for each edge, and one for each way in which events may be lost.
std::string delivery_classes(const PipelinePlan& plan);

// How far a source can be trusted over a crash: `replayable`, `durable before ack`, `best effort`.
std::string delivery_class(const SourceNode& source);
// What an ack of a sink is worth: `durable before ack`, `best effort`.
std::string delivery_class(const SinkNode& sink);

}  // namespace penstock
