// Spools that nobody works off.
#pragma once
#include "runtime/main/program.h"

namespace penstock {

// Warns of packages in the state directory that belong to sinks which no pipeline of the program has: a sink was renamed, or one
// without a name has another place now.
void warn_of_left_spools(const Program& program);

}  // namespace penstock
