// The sinks of this folder, as rows for main's list.
#pragma once
#include "runtime/plan/components.h"

namespace penstock {

// Adds `file`, `stdout`, `blackhole` and `http`.
void add_local_sinks(Components& components);

}  // namespace penstock
