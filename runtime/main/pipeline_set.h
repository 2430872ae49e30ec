// All pipelines of a process: starts them, takes them from one version of the script to the next, ends them.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/main/program_change.h"
#include "runtime/plan/components.h"

namespace penstock {

// For the main thread. To be destroyed when the workers' threads have ended.
class PipelineSet {
 public:
  // `on_done`: all_done() may have turned true.
  PipelineSet(RunContext& context, const Components& components, std::string letters_directory, std::function<void()> on_done);

  // Opens every pipeline, and when all are open starts them all. Answers with the first failure: nothing was read when it
  // came from opening (nothing_read()).
  void start(std::shared_ptr<Program> program, std::function<void(Status)> started);
  bool nothing_read() const { return !starting_sources_; }

  struct Failure {
    std::string pipeline;
    std::string text;
    bool runs = false;  // the version before goes on
  };
  // Makes the pipelines be those of `next`. Requires that no reload is under way, and why_refused() empty.
  void reload(std::shared_ptr<Program> next, const ProgramChange& change, std::function<void(const std::vector<Failure>&)> finished);
  bool reloading() const { return reloading_ != 0; }

  // The end: no reload goes on, sources stop, what was read is delivered.
  void drain();
  void note_stuck();
  // Every run has nothing left to do, and no reload is about to start one.
  bool all_done() const;

  // In the order in which they first came up.
  const std::vector<std::unique_ptr<PipelineSlot>>& slots() const { return slots_; }

 private:
  PipelineSlot& slot(const std::string& name);
  std::unique_ptr<RunningPipeline> make(PipelineSlot& slot, std::shared_ptr<Program> program, std::size_t number);
  std::unique_ptr<RunningPipeline> remake(PipelineSlot& slot, const RunningPipeline& old);
  void open_all(std::function<void(Status)> opened);
  void start_all(std::function<void(Status)> started);
  void replace_rows(const std::vector<ProgramChange::Added>& rows, const std::shared_ptr<Program>& next);
  void replace(PipelineSlot& slot, std::unique_ptr<RunningPipeline> next);
  void on_replaced(PipelineSlot& slot, Replacement::Outcome outcome);
  void on_run_done();

  RunContext& context_;
  const Components& components_;
  const std::string letters_directory_;
  std::function<void()> on_done_;
  std::vector<std::unique_ptr<PipelineSlot>> slots_;
  std::size_t reloading_ = 0;  // replacements under way or to come
  // What is added waits for what is removed: under a new name a pipeline may want the address or the file of the old one.
  std::size_t removals_ = 0;
  std::function<void()> after_removals_;
  std::vector<Failure> failures_;
  std::function<void(const std::vector<Failure>&)> reload_finished_;
  std::vector<std::unique_ptr<Replacement>> finished_;  // to be destroyed outside of their calls
  std::unique_ptr<Scheduled> sweep_;
  bool starting_sources_ = false;
  bool draining_ = false;
};

}  // namespace penstock
