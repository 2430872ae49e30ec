#include "runtime/main/pipeline_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/base/log.h"

namespace penstock {

namespace {

// Loud, and at once: whoever sent them may not keep them.
void tell_of_undelivered(const std::string& pipeline, std::uint64_t events) {
  if (events == 0) return;
  log::warn("reload", fmt::format("pipeline {}: its old version could not deliver {} events in the {} s of its drain: sources that can be read again give them to the new one, "
                                  "others lose them (with --state they would wait in the spool)",
                                  pipeline, events, Replacement::drain_time_max.count() / 1000));
}

}  // namespace

PipelineSet::PipelineSet(RunContext& context, const Components& components, std::string letters_directory, std::function<void()> on_done)
    : context_(context), components_(components), letters_directory_(std::move(letters_directory)), on_done_(std::move(on_done)) {}

PipelineSlot& PipelineSet::slot(const std::string& name) {
  for (const auto& each : slots_)
    if (each->name == name) return *each;
  return *slots_.emplace_back(std::make_unique<PipelineSlot>(name));
}

std::unique_ptr<RunningPipeline> PipelineSet::make(PipelineSlot& slot, std::shared_ptr<Program> program, std::size_t number) {
  std::shared_ptr<DeadLetterFile> letters = slot.letters_for(*program->pipelines[number], letters_directory_);
  return std::make_unique<RunningPipeline>(context_, std::move(program), number, std::move(letters), [this] { on_run_done(); });
}

std::unique_ptr<RunningPipeline> PipelineSet::remake(PipelineSlot& slot, const RunningPipeline& old) {
  std::shared_ptr<Program> program = recompile(*old.program(), old.number(), components_);
  return program ? make(slot, std::move(program), old.number()) : nullptr;
}

void PipelineSet::start(std::shared_ptr<Program> program, std::function<void(Status)> started) {
  for (std::size_t i = 0; i < program->pipelines.size(); ++i) {
    PipelineSlot& each = slot(program->pipelines[i]->name);
    each.running = make(each, program, i);
  }
  open_all([this, call = std::move(started)](Status opened) {
    if (draining_) return;
    if (!opened.ok()) return call(std::move(opened));
    starting_sources_ = true;
    start_all(call);
  });
}

namespace {

// An answer to each of `count` questions; `answer` gets the first failure when the last one is there.
RunningPipeline::Answer gather(std::size_t count, std::function<void(Status)> answer) {
  struct Round {
    std::size_t left;
    Status first_failure;
    std::function<void(Status)> answer;
  };
  return [round = std::make_shared<Round>(Round{count, {}, std::move(answer)})](Status status) {
    if (round->first_failure.ok()) round->first_failure = std::move(status);
    if (--round->left == 0) std::exchange(round->answer, nullptr)(std::move(round->first_failure));
  };
}

}  // namespace

void PipelineSet::open_all(std::function<void(Status)> opened) {
  const RunningPipeline::Answer answer = gather(slots_.size(), std::move(opened));
  for (const auto& each : slots_) each->running->open(answer);
}

void PipelineSet::start_all(std::function<void(Status)> started) {
  const RunningPipeline::Answer answer = gather(slots_.size(), std::move(started));
  for (const auto& each : slots_) each->running->start(answer);
}

void PipelineSet::reload(std::shared_ptr<Program> next, const ProgramChange& change, std::function<void(const std::vector<Failure>&)> finished) {
  failures_.clear();
  reload_finished_ = std::move(finished);
  reloading_ = change.removed.size() + change.replaced.size() + change.added.size();
  if (reloading_ == 0) return std::exchange(reload_finished_, nullptr)(failures_);
  for (PipelineSlot* gone : change.removed) {
    gone->wanted = false;
    replace(*gone, nullptr);
  }
  replace_rows(change.replaced, next);
  removals_ = change.removed.size();
  after_removals_ = [this, next, added = change.added] { replace_rows(added, next); };
  if (removals_ == 0) std::exchange(after_removals_, nullptr)();
}

void PipelineSet::replace_rows(const std::vector<ProgramChange::Added>& rows, const std::shared_ptr<Program>& next) {
  for (const ProgramChange::Added& row : rows) {
    PipelineSlot& each = slot(next->pipelines[row.number]->name);
    each.wanted = true;
    replace(each, make(each, next, row.number));
  }
}

void PipelineSet::replace(PipelineSlot& slot, std::unique_ptr<RunningPipeline> next) {
  slot.replacement = std::make_unique<Replacement>(
      context_.main, std::move(slot.running), std::move(next), [this, &slot](const RunningPipeline& old) { return remake(slot, old); },
      [&slot](const RunningPipeline& closed) {
        slot.note_closed(closed);
        tell_of_undelivered(slot.name, closed.totals().undelivered);
      },
      [this, &slot](Replacement::Outcome outcome) { on_replaced(slot, std::move(outcome)); });
}

void PipelineSet::on_replaced(PipelineSlot& slot, Replacement::Outcome outcome) {
  slot.running = std::move(outcome.running);
  slot.failure = slot.running ? "" : outcome.failure;
  if (!outcome.failure.empty()) failures_.push_back({slot.name, outcome.failure, slot.running != nullptr});
  finished_.push_back(std::move(slot.replacement));
  if (!slot.wanted && --removals_ == 0) std::exchange(after_removals_, nullptr)();
  sweep_ = context_.main.after(std::chrono::milliseconds(0), [this] {
    finished_.clear();
    on_done_();
  });
  if (--reloading_ == 0) std::exchange(reload_finished_, nullptr)(failures_);
}

void PipelineSet::on_run_done() {
  for (const auto& each : slots_)
    if (each->replacement) each->replacement->on_run_done();
  on_done_();
}

void PipelineSet::drain() {
  if (std::exchange(draining_, true)) return;
  for (const auto& each : slots_)
    if (each->replacement) each->replacement->abandon();
  for (const auto& each : slots_)
    for (RunningPipeline* run : each->alive()) run->drain();
}

void PipelineSet::note_stuck() {
  for (const auto& each : slots_)
    for (RunningPipeline* run : each->alive()) run->note_stuck();
}

bool PipelineSet::all_done() const {
  if (reloading() && !draining_) return false;
  for (const auto& each : slots_)
    for (const RunningPipeline* run : each->alive())
      if (!run->done()) return false;
  return true;
}

}  // namespace penstock
