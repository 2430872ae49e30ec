#include "runtime/main/left_spools.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "runtime/base/log.h"
#include "runtime/delivery/spool_inventory.h"

namespace penstock {

namespace {

using SinkNames = std::set<std::pair<std::string, std::string>>;

// Those that work a spool off: only one run may have such a sink open.
void add_sinks(const std::string& pipeline, const Chain& chain, SinkNames& names) {
  for (const SinkNode& sink : chain.sinks)
    if (sink.plan->exclusive()) names.emplace(pipeline, sink.name);
  if (!chain.route) return;
  for (const BranchNode& branch : chain.route->branches) add_sinks(pipeline, branch.chain, names);
}

}  // namespace

void warn_of_left_spools(const Program& program) {
  if (program.options.state_directory.empty()) return;
  SinkNames names;
  for (const auto& pipeline : program.pipelines) add_sinks(pipeline->name, pipeline->chain, names);
  for (const SpoolSummary& spool : left_behind_spools(program.options.state_directory, names))
    log::warn("spool", fmt::format("{} events wait in {} for the sink {} of pipeline {}, which the script does not have, or not with a spool: they are delivered when it has",
                                   spool.events, spool.path, spool.sink, spool.pipeline));
}

}  // namespace penstock
