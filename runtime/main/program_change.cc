#include "runtime/main/program_change.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/plan/same_declaration.h"
#include "runtime/script/likeness.h"

namespace penstock {

namespace {

bool same_pipeline(const RunningPipeline& running, const PipelineDeclaration& next, script::Script& next_script) {
  const auto same_function = [&](FunctionRef a, FunctionRef b) {
    const auto one = script::likeness(*running.program()->script, a);
    const auto other = one ? script::likeness(next_script, b) : std::nullopt;
    return other && script::alike(*one, *other);
  };
  return same_declaration(running.declaration(), next, same_function);
}

bool reads_stdin(const PipelinePlan& plan) {
  return std::any_of(plan.sources.begin(), plan.sources.end(), [](const SourceNode& source) { return source.type == "stdin"; });
}

void add_count(std::string& to, const char* what, const std::vector<std::string>& names) {
  if (names.empty()) return;
  to += fmt::format("{}{} {} (", to.empty() ? "" : ", ", names.size(), what);
  for (std::size_t i = 0; i < names.size(); ++i) to += (i == 0 ? "" : ", ") + names[i];
  to += ")";
}

}  // namespace

std::string ProgramChange::text(const Program& next, const std::vector<std::string>& failed) const {
  if (nothing()) return "nothing changed";
  const auto names_of = [&](const std::vector<Added>& rows) {
    std::vector<std::string> names;
    for (const Added& row : rows) names.push_back(next.pipelines[row.number]->name);
    std::erase_if(names, [&](const std::string& name) { return std::find(failed.begin(), failed.end(), name) != failed.end(); });
    return names;
  };
  std::vector<std::string> gone;
  for (const PipelineSlot* slot : removed) gone.push_back(slot->name);
  std::string out;
  add_count(out, "added", names_of(added));
  add_count(out, "removed", gone);
  add_count(out, "replaced", names_of(replaced));
  add_count(out, "failed", failed);
  return out + fmt::format(", {} unchanged", unchanged.size());
}

ProgramChange compare(const std::vector<std::unique_ptr<PipelineSlot>>& slots, const Program& next) {
  ProgramChange change;
  const std::vector<PipelineDeclaration>& declared = next.script->declare().pipelines;
  for (std::size_t i = 0; i < declared.size(); ++i) {
    const auto found = std::find_if(slots.begin(), slots.end(), [&](const auto& slot) { return slot->name == declared[i].name; });
    PipelineSlot* const slot = found == slots.end() ? nullptr : found->get();
    if (!slot || !slot->wanted)
      change.added.push_back({i, slot});
    else if (slot->running && same_pipeline(*slot->running, declared[i], *next.script))
      change.unchanged.push_back(slot);
    else
      change.replaced.push_back({i, slot});
  }
  for (const auto& slot : slots) {
    const bool declared_still = std::any_of(declared.begin(), declared.end(), [&](const auto& each) { return each.name == slot->name; });
    if (slot->wanted && !declared_still) change.removed.push_back(slot.get());
  }
  return change;
}

std::string why_refused(const std::vector<std::unique_ptr<PipelineSlot>>& slots, const ProgramChange& change, const Program& next) {
  const auto reads = [](const PipelineSlot& slot) { return slot.running && !slot.running->done() && reads_stdin(slot.running->plan()); };
  const auto reader = std::find_if(slots.begin(), slots.end(), [&](const auto& slot) { return reads(*slot); });
  if (reader == slots.end()) return {};
  for (const std::vector<ProgramChange::Added>* rows : {&change.added, &change.replaced}) {
    for (const ProgramChange::Added& row : *rows) {
      const PipelinePlan& plan = *next.pipelines[row.number];
      if (reads_stdin(plan))
        return fmt::format("{}: pipeline {} cannot take standard input over from {} while it is read; start the program again for this change",
                           plan.where.text(), plan.name, (*reader)->name);
    }
  }
  return {};
}

}  // namespace penstock
