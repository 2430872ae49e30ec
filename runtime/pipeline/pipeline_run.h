// A pipeline at work on one worker: its own stages, sinks and share of the sources' streams. Everything happens inside
// StreamRun::commit, one batch at a time.
#pragma once
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "runtime/delivery/dead_letter_file.h"
#include "runtime/pipeline/counters.h"
#include "runtime/pipeline/stream_run.h"
#include "runtime/plan/pipeline_plan.h"

namespace penstock {

// What a pipeline may use on its worker; all of it outlives the run.
struct PipelineEnvironment {
  explicit PipelineEnvironment(Scheduler& worker_scheduler) : scheduler(worker_scheduler) {}

  Scheduler& scheduler;
  std::function<script::Script*()> script;  // the worker's Lua, asked for when the stages are opened
  CheckpointStore* checkpoints = nullptr;   // null: none are kept
  DeadLetterFile* dead_letters = nullptr;   // null: letters are only counted (tests)
  int worker = 0;
  bool durable_acks = false;                // something else than a checkpoint relies on acks: they mean durable
  // Every source is at its end and every sink has delivered, or the drain's time is over.
  std::function<void()> on_done;
  // On another thread: the worker is lost in a stage for good; nothing of it will be acked any more.
  std::function<void(const std::string&)> on_stuck;
  // Something to tell the user at once.
  std::function<void(const std::string&)> on_message;
};

class PipelineRun final : private StreamHost {
 public:
  PipelineRun(PipelinePlan& plan, PipelineEnvironment environment);
  ~PipelineRun();
  PipelineRun(const PipelineRun&) = delete;
  PipelineRun& operator=(const PipelineRun&) = delete;

  // Opens stages and sinks and reads nothing yet, so that a replacement stands ready while the run before it ends.
  Status open();
  // Starts the sources; opens first what open() was not called for. On failure nothing was read.
  Status start();
  // Stops the sources and delivers what was read; on_done follows.
  void drain();
  // Settles everything that is still open as undelivered and closes. Called once, last.
  void close();

  const PipelinePlan& plan() const { return plan_; }
  int worker() const { return environment_.worker; }
  // From any thread while the run lives.
  Totals totals() const;
  std::uint64_t in_flight() const { return counters_.in_flight.get(); }
  // read + born - what has a verdict - in flight: 0, or events were lost count of. On the worker's thread, between batches.
  std::int64_t unaccounted() const;
  // By sink, in the order of the plan's sinks(); as live as totals().
  const std::vector<std::unique_ptr<SinkCounters>>& sink_counters() const { return sink_counters_; }
  // By source, in the order of the plan's; as live as totals().
  const std::vector<std::unique_ptr<OwnMetrics>>& source_metrics() const { return source_metrics_; }
  // By stage, in the order in which they are declared, a route's branches in turn.
  const std::vector<std::unique_ptr<StageCounters>>& stage_counters() const { return stage_counters_; }
  std::uint64_t total_bytes() const { return counters_.total_bytes.load(std::memory_order_relaxed); }

 private:
  class SourceRun;
  struct SinkRun;
  struct BranchRun;
  struct ChainRun;

  StreamHost& stream_host() { return *this; }

  // StreamHost
  Batch& batch() override { return batch_; }
  void run_batch(const std::string& stream, std::shared_ptr<StreamAcks> acks, std::uint64_t bytes, std::uint64_t end) override;
  bool ready() const override { return full_sinks_ == 0 && !stopped_; }
  Buffer take_buffer() override;
  void give_buffer(Buffer buffer) override;
  void on_open(StreamRun* stream) override { streams_.insert(stream); }
  void on_close(StreamRun* stream) override { streams_.erase(stream); }

  void count_stages(const Chain& chain);
  std::unique_ptr<ChainRun> open_chain(const Chain& chain, Status& status);
  void open_sink(const SinkNode& node, ChainRun& chain, Status& status);
  void run_chain(ChainRun& chain, Ticket& ticket);
  void run_stage(ChainRun& chain, std::size_t number);
  void give_up(const std::string& why);
  void run_route(ChainRun& chain, Ticket& ticket);
  void validate_live(ChainRun& chain);
  void note_invalid();
  void deliver(ChainRun& chain, Ticket& ticket);
  void bury_rejected(const std::string& stage, ChainRun& chain, std::size_t next_stage);
  void bury_broken();
  void bury(const std::string& stage, std::string reason, ByteView raw, std::uint64_t offset, std::uint64_t size, bool withheld);
  void tell_of_letter(const std::string& stage, const std::string& reason, const std::string& place);
  void note_letter_failure(const Status& status);
  bool redact_for_letter(std::uint32_t event, ChainRun& chain, std::size_t next_stage, Buffer& out);
  bool redact_one(std::uint32_t event, ChainRun& chain, std::size_t next_stage);
  std::string scrubbed_reason(std::string reason) const;
  bool scrub(ByteView raw, std::string& out) const;
  Verdict bury_refused(const std::string& sink, const std::string& reason, std::span<const ByteView> events);
  Status keep_refused(const std::string& sink, const std::string& reason, std::span<const ByteView> events);

  void on_sink_ready(SinkRun& sink);
  void on_source_finished();
  void check_done();

  PipelinePlan& plan_;
  PipelineEnvironment environment_;
  Counters counters_;
  SlotTable slots_;
  Batch batch_;
  std::unique_ptr<ChainRun> chain_;
  std::vector<SinkRun*> sinks_;  // of every chain
  // Made with the run, in the order of the sinks: read by other threads while the sinks come and go.
  std::vector<std::unique_ptr<SinkCounters>> sink_counters_;
  std::vector<std::unique_ptr<OwnMetrics>> source_metrics_;
  std::vector<std::unique_ptr<StageCounters>> stage_counters_;
  std::size_t stages_opened_ = 0;
  std::vector<std::unique_ptr<SourceRun>> sources_;
  std::set<StreamRun*> streams_;
  std::vector<Buffer> buffers_;  // that no stream holds
  std::size_t sources_left_ = 0;
  std::size_t full_sinks_ = 0;
  bool durable_acks_ = false;
  bool opened_ = false;
  bool letters_waiting_ = false;
  std::uint64_t letters_ = 0;          // of this batch
  bool letters_failed_ = false;        // in this batch
  bool letters_failure_told_ = false;
  std::uint64_t refused_told_ = 0;     // events that destinations refused: messages about them
  bool draining_ = false;
  std::chrono::milliseconds winding_down_until_{0};
  bool stopped_ = false;  // nothing more is decoded
  bool done_ = false;
  std::string current_stream_;
  StreamAcks* current_acks_ = nullptr;  // of the batch that is worked on
  std::unique_ptr<Scheduled> idle_check_;
  std::unique_ptr<Scheduled> done_call_;
  std::unique_ptr<Scheduled> resume_call_;
  std::unique_ptr<Scheduled> give_up_call_;
};

}  // namespace penstock
