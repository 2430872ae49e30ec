// `penstock run`.
#pragma once
#include <string>

#include "runtime/main/admin_server.h"
#include "runtime/main/program.h"
#include "runtime/pipeline/counters.h"

namespace penstock {

struct RunOptions {
  ProgramOptions program;
  bool progress = true;       // on a terminal
  bool reloadable = true;     // SIGHUP reads the script again
  bool watch_script = false;  // so does a change of its files
  AdminOptions admin;
};

// Returns the exit status (design: 0 all well, 1 something was lost or left, 2 nothing ran).
int run_command(const RunOptions& options);

struct RunResult {
  int exit_status = 0;
  Totals totals;  // of all pipelines
};

// Runs a loaded program to its end; with the sources as they were compiled.
RunResult run_program(std::shared_ptr<Program> program, const RunOptions& options);

}  // namespace penstock
