// `penstock explain`.
#pragma once
#include "runtime/main/program.h"

namespace penstock {

// Prints the plan of every pipeline; returns the exit status.
int explain_command(const ProgramOptions& options);

}  // namespace penstock
