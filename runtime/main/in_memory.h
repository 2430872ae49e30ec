// A source that reads from memory and a sink that keeps what it gets: what p.test cases and `dead-letter replay` put in the
// place of a pipeline's own.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "runtime/plan/components.h"

namespace penstock {

// `all` with the source `in_memory`: gives `pieces`, each followed by a line end, on worker 0 and ends. The pieces must outlive
// the plans.
// `at_start`: the stream begins with them (a CSV header is looked for); else it is taken up somewhere behind its start.
void add_memory_source(Components& components, const std::vector<std::string>& pieces, bool at_start = true);
// The sink `in_memory`: appends each event's JSON text to `events`, which must outlive the plans.
void add_memory_sink(Components& components, std::vector<std::string>& events);

}  // namespace penstock
