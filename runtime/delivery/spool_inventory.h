// What lies in the spools of a state directory, whoever reads them.
#pragma once
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/status.h"

namespace penstock {

struct SpoolSummary {
  std::string pipeline, sink;  // as far as the directories' names tell: long names are cut there
  std::string path;
  std::uint64_t files = 0, events = 0, bytes = 0;  // of packages that wait
  std::vector<std::string> damaged;                // paths of files that were set aside
  std::vector<std::string> problems;               // found by check_spools(): a file and what is wrong with it
};

// Of every sink that has a directory, in order of path; also while a process works with them. Empty when there are none. What
// cannot be listed is a problem.
std::vector<SpoolSummary> list_spools(const std::string& state_directory);
// The same, each package read whole.
std::vector<SpoolSummary> check_spools(const std::string& state_directory);

// Those that hold packages of sinks which are not in `sinks` (pipeline and sink name): nobody will deliver them.
std::vector<SpoolSummary> left_behind_spools(const std::string& state_directory, const std::set<std::pair<std::string, std::string>>& sinks);

}  // namespace penstock
