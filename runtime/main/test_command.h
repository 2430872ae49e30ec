// `penstock test`: runs the p.test cases of scripts. Events in, events expected out; no file, no network.
#pragma once
#include <string>
#include <vector>

#include "runtime/main/program.h"

namespace penstock {

// Prints a line for each case and what differs; returns 0, 1 when a case failed, 2 when a script is wrong or has no cases.
int test_command(const std::vector<std::string>& scripts, const ProgramOptions& options);

}  // namespace penstock
