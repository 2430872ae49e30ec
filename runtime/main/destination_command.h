// `penstock destination verify|policy|test`: a script's destinations, before anything is delivered to them.
#pragma once
#include <string>

#include "runtime/main/program.h"
#include "runtime/plan/owned_destination.h"

namespace penstock {

struct DestinationOptions {
  ProgramOptions program;
  std::string sink;   // `PIPELINE/SINK`, a pipeline or a sink; empty: all that the command is for
  std::string token;  // of verify: the text, or env:NAME, file:PATH
  PolicyWishes wishes;  // of policy
};

// Each returns 0 all well, 1 something failed, 2 the script or the command line is wrong.

// Without a token writes one to the bucket and says where; with it the destination counts as verified from then on.
int destination_verify(const DestinationOptions& options);
// Prints the policy to attach as JSON, and notes on it to stderr.
int destination_policy(const DestinationOptions& options);
// Tries each network sink, one after another, and prints a line for each step.
int destination_test(const DestinationOptions& options);

}  // namespace penstock
