#include "runtime/main/run_snapshot.h"

namespace penstock {

namespace {

admin::PipelineState state_of(const PipelineSlot& slot, bool ending) {
  using admin::PipelineState;
  if (!slot.wanted) return PipelineState::removed;
  if (slot.replacement) return ending ? PipelineState::draining : PipelineState::replacing;
  if (!slot.running) return PipelineState::failed;
  if (slot.running->done()) return ending || slot.running->plan().finite() ? PipelineState::finished : PipelineState::failed;
  if (ending) return PipelineState::draining;
  return slot.running->started() ? PipelineState::running : PipelineState::starting;
}

}  // namespace

admin::PipelineStatus status_of(const PipelineSlot& slot, bool ending) {
  admin::PipelineStatus out;
  out.name = slot.name;
  out.state = state_of(slot, ending);
  out.failure = slot.failure;
  if (out.state == admin::PipelineState::failed && out.failure.empty()) out.failure = "it stopped by itself; the log says why";
  out.totals = slot.totals();
  const std::vector<RunningPipeline*> alive = slot.alive();
  for (const RunningPipeline* run : alive) {
    for (const PipelineRun* share : run->runs()) out.in_flight += share->in_flight();
    out.unaccounted += run->unaccounted();
  }
  // While one run replaces another, the one that comes is shown.
  if (alive.empty()) return out;
  const RunningPipeline& shown = *alive.back();
  out.place = shown.plan().where.text();
  out.workers = shown.plan().workers;
  for (const PipelineRun* share : shown.runs()) out.add(*share);
  return out;
}

std::vector<admin::WorkerStatus> status_of(const Workers& workers, const Heartbeat& heartbeat) {
  std::vector<admin::WorkerStatus> out;
  for (std::size_t i = 0; i < workers.size(); ++i) out.push_back({workers[i].lua_bytes(), heartbeat.silence(i)});
  return out;
}

}  // namespace penstock
