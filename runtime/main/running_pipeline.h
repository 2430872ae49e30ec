// A pipeline of one program at work on all of its workers, as the main thread sees it.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/delivery/dead_letter_file.h"
#include "runtime/main/pipeline_share.h"
#include "runtime/main/workers.h"

namespace penstock {

// What every pipeline of a run may use. Outlives them.
struct RunContext {
  Loop& main;
  Workers& workers;
  CheckpointStore* checkpoints = nullptr;
  bool durable_acks = false;  // the checkpoints outlive the process
  // Called on a worker's thread.
  std::function<void(const std::string& text)> on_message = {};
  // Called on another thread: that worker is lost in Lua code that cannot be stopped.
  std::function<void(int worker, const std::string& text)> on_stuck = {};
};

// A life: open, start, drain, close; each is asked of all workers at once and answered on the main thread. It may be closed at
// any time after open. To be destroyed when it was never opened, when it is closed, or when the workers' threads have ended.
class RunningPipeline {
 public:
  using Answer = std::function<void(Status)>;

  // `number`: of the pipeline in the program. `on_done`: every worker has nothing left to do, or it is closed; called once.
  RunningPipeline(RunContext& context, std::shared_ptr<Program> program, std::size_t number, std::shared_ptr<DeadLetterFile> letters,
                  std::function<void()> on_done);
  ~RunningPipeline();
  RunningPipeline(const RunningPipeline&) = delete;
  RunningPipeline& operator=(const RunningPipeline&) = delete;

  // Starts missing worker threads, opens stages and sinks. Answers with the first failure; then it can only be closed.
  void open(Answer answer);
  // Starts the sources.
  void start(Answer answer);
  // Stops the sources and delivers what was read; on_done follows (at once when it was never opened).
  void drain();
  // Gives up what is not delivered by now.
  void close(std::function<void()> closed);

  bool done() const { return done_; }
  // A worker was given up: its share will never be done, and is not waited for.
  void note_stuck();
  bool closed() const { return closed_; }
  bool started() const { return started_; }
  const std::shared_ptr<Program>& program() const { return program_; }
  std::size_t number() const { return number_; }
  const PipelineDeclaration& declaration() const { return program_->script->declare().pipelines[number_]; }
  const PipelinePlan& plan() const { return *program_->pipelines[number_]; }
  const std::shared_ptr<DeadLetterFile>& letters() const { return letters_; }

  // Of all workers; after close() what they were then.
  Totals totals() const;
  std::uint64_t total_bytes() const;
  // What the workers' equations of events are off by, as of their last notes.
  std::int64_t unaccounted() const;
  // By worker; none before open() and after close().
  std::vector<const PipelineRun*> runs() const;

 private:
  void make_shares();
  void ask(std::function<Status(PipelineShare&)> what, Answer answer);
  void on_share_done(std::size_t worker);
  void finish_later();

  RunContext& context_;
  const std::shared_ptr<Program> program_;
  const std::size_t number_;
  const std::shared_ptr<DeadLetterFile> letters_;
  std::function<void()> on_done_;
  std::vector<std::shared_ptr<PipelineShare>> shares_;  // by worker
  std::vector<bool> shares_done_;
  bool started_ = false;
  bool done_ = false;
  bool closed_ = false;
  Totals last_totals_;  // of a closed one
  std::unique_ptr<Scheduled> done_call_;
};

}  // namespace penstock
