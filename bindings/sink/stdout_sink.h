// The sink `stdout`: events to standard output, where nothing else goes. Best effort: delivered means written, not durable.
//
//   format     ("ndjson") and its options beside it
//   linger_ms  (100) how long events wait for more, at most; on a terminal they do not wait
//
// Up to 64 KiB (and one batch) are gathered for one write. Several workers share stdout; the entries of one never stand inside
// those of another. A reader that is slow holds up the worker, as it does any program that writes to a pipe. When stdout was
// closed, or cannot be written, on_fatal is called and what is left counts as undelivered.
#pragma once
#include "runtime/plan/components.h"

namespace penstock {

// `fd`: for tests.
Result<std::unique_ptr<SinkPlan>> make_stdout_sink(const Value& options, const PlanContext& context, int fd = 1);

}  // namespace penstock
