// Where a pipeline may lose events, by its declaration: what makes an edge "best effort", and what `--require no-loss` refuses.
//
// An edge leads from a source to a sink. Its delivery class is the worst of:
// - replayable: the source can be read again, so nothing is lost that is not acked;
// - durable before ack: the source's sender is told "accepted" only when the sink has the events safe;
// - exactly once: the source's position and what the sink delivers are committed as one;
// - best effort: whatever losses() finds on it.
#pragma once
#include <string>
#include <vector>

#include "runtime/plan/pipeline_plan.h"

namespace penstock {

// A way in which events are lost.
struct Loss {
  Where where;
  std::string text;  // `sink.stdout: best effort: ... (hint: ...)`
};

// All of them, in the order of the declaration; empty: no event is lost that its source can give again or whose sender was told
// that it was accepted.
std::vector<Loss> losses(const PipelinePlan& plan);

struct Edge {
  std::string source, sink;    // `0:file`
  std::string delivery_class;  // as above
};

// Every source with every sink, those of branches too.
std::vector<Edge> edges(const PipelinePlan& plan);

}  // namespace penstock
