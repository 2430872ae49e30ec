// What the program understands: one description that parses arguments and writes the man page and the shells' completions.
#pragma once
#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "runtime/main/destination_command.h"
#include "runtime/main/run_command.h"

namespace penstock {

struct CommandLine {
  RunOptions run;
  std::vector<std::string> scripts;     // of `test`
  DestinationOptions destination;       // its program is run's
  std::string pipeline;                 // of `dead-letter`
  std::uint64_t limit = 0;
  std::string shell;                    // of `completion`
  std::string log_level = "info";
  std::string log_format = "text";
  std::vector<std::string> settings;    // KEY=VALUE
  bool no_progress = false;
};

// Arguments go into `line`, which must outlive the result.
std::unique_ptr<CLI::App> describe_command_line(CommandLine& line);

// After a parse that failed: the first argument that nobody knows, with the nearest name; empty when all are known.
std::string unknown_argument(const CLI::App& app);

// roff, for man(1).
std::string man_page(const CLI::App& app);
// For `bash`, `zsh` or `fish`.
std::string completion(const CLI::App& app, const std::string& shell);

}  // namespace penstock
