#include "runtime/pipeline/pipeline_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/event/event_json.h"

namespace penstock {

using namespace std::chrono_literals;

// Of a dead letter's reason: an error of a script may hold any text.
constexpr std::size_t reason_bytes_max = 4096;
// How long a drain waits for sources that still answer their senders.
constexpr auto winding_down_max = 2s;

struct PipelineRun::SinkRun {
  std::unique_ptr<Sink> sink;
  bool full = false;
};

struct StageRun {
  std::string name;  // type and place: `filter at edge.lua:12`
  DropCount drops;
  bool redacts;
  std::unique_ptr<Stage> stage;
  StageCounters* counters;
};

namespace {

// Counts what a stage does with one batch; the clock is asked only where Lua is entered.
class StageTally {
 public:
  StageTally(StageCounters& counters, const Batch& batch) : counters_(counters), batch_(batch) {
    counters_.in.add(batch.live.size());
    if (counters_.enters_lua) began_ = std::chrono::steady_clock::now();
  }
  ~StageTally() {
    counters_.out.add(batch_.live.size());
    if (counters_.enters_lua) counters_.time_ns.add(static_cast<std::uint64_t>((std::chrono::steady_clock::now() - began_).count()));
  }
  StageTally(const StageTally&) = delete;
  StageTally& operator=(const StageTally&) = delete;

 private:
  StageCounters& counters_;
  const Batch& batch_;
  std::chrono::steady_clock::time_point began_;
};

}  // namespace

struct PipelineRun::ChainRun {
  std::vector<StageRun> stages;
  std::vector<std::unique_ptr<SinkRun>> sinks;
  std::vector<BranchRun> branches;
};

struct PipelineRun::BranchRun {
  std::string name;
  std::unique_ptr<Stage> condition;  // null: otherwise
  StageCounters* counters;           // of the condition
  std::unique_ptr<ChainRun> chain;
};

// One source on this worker, and what it may ask for.
class PipelineRun::SourceRun final : public SourceContext {
 public:
  SourceRun(PipelineRun& run, SourceNode& node, OwnMetrics& own_metrics) : run_(run), node_(node), own_metrics_(own_metrics) {}

  Status start() {
    source_ = node_.plan->open(*this);
    return source_->start();
  }
  void stop() {
    if (source_) source_->stop();
  }
  void resume() {
    if (source_ && !finished_) source_->resume();
  }
  bool finished() const { return finished_; }
  bool winding_down() const { return source_ && source_->winding_down(); }

  Scheduler& scheduler() override { return run_.environment_.scheduler; }
  std::unique_ptr<Stream> open_stream(StreamOptions options) override {
    const DecoderPlan& decoder = node_.decoder(options.format);
    return std::make_unique<StreamRun>(run_.stream_host(), decoder.open(run_.slots_), std::move(options), node_.event_bytes_max);
  }
  CheckpointStore* checkpoints() override { return run_.environment_.checkpoints; }
  const std::string& pipeline() const override { return run_.plan_.name; }
  int number() const override { return node_.number; }
  int worker() const override { return run_.environment_.worker; }
  int workers() const override { return run_.plan_.workers; }
  bool may_split() const override { return node_.may_split; }
  bool congested() const override { return !run_.ready() || run_.draining_; }
  void flush_sinks() override {
    for (SinkRun* run : run_.sinks_) run->sink->flush();
  }
  void on_finished() override {
    if (finished_) return;
    finished_ = true;
    run_.on_source_finished();
  }
  void on_failed(Status status) override {
    on_trouble(node_.where.text() + ": source." + node_.type + ": " + status.text(), 0);
    on_finished();
  }
  void on_trouble(const std::string& message, std::uint64_t bytes_lost) override {
    run_.counters_.troubles.add(1);
    run_.counters_.bytes_lost.add(bytes_lost);
    run_.environment_.on_message(message);
  }
  void on_total(std::uint64_t bytes) override {
    run_.counters_.total_bytes.fetch_add(bytes - total_, std::memory_order_relaxed);
    total_ = bytes;
  }
  OwnMetrics* own_metrics() override { return &own_metrics_; }

 private:
  PipelineRun& run_;
  SourceNode& node_;
  OwnMetrics& own_metrics_;
  std::unique_ptr<Source> source_;
  std::uint64_t total_ = 0;
  bool finished_ = false;
};

PipelineRun::PipelineRun(PipelinePlan& plan, PipelineEnvironment environment)
    : plan_(plan), environment_(std::move(environment)), batch_(slots_) {
  for (std::size_t i = 0; i < plan_.sinks(); ++i) sink_counters_.push_back(std::make_unique<SinkCounters>());
  for (std::size_t i = 0; i < plan_.sources.size(); ++i) source_metrics_.push_back(std::make_unique<OwnMetrics>());
  count_stages(plan_.chain);
}

void PipelineRun::count_stages(const Chain& chain) {
  const auto add = [this](const std::string& type, const StagePlan& plan) {
    stage_counters_.push_back(std::make_unique<StageCounters>(std::to_string(stage_counters_.size()) + ":" + type, plan.function().has_value()));
  };
  for (const StageNode& stage : chain.stages) add(stage.type, *stage.plan);
  if (!chain.route) return;
  for (const BranchNode& branch : chain.route->branches) {
    if (branch.condition) add("route", *branch.condition);
    count_stages(branch.chain);
  }
}

PipelineRun::~PipelineRun() {
  done_call_.reset();
  resume_call_.reset();
  give_up_call_.reset();
  idle_check_.reset();
  sources_.clear();
}

Status PipelineRun::open() {
  opened_ = true;
  durable_acks_ = environment_.durable_acks || std::any_of(plan_.sources.begin(), plan_.sources.end(), [](const SourceNode& node) { return node.plan->answers_when_durable() || node.plan->keeps_positions(); });
  Status status;
  for (const Path& path : plan_.kept_aside)
    if (!slots_.keep_aside(path)) return Status(Code::invalid, fmt::format("{}: the pipeline names more than {} fields", plan_.name, SlotTable::slots_max));
  chain_ = open_chain(plan_.chain, status);
  return status;
}

Status PipelineRun::start() {
  if (!opened_)
    if (Status status = open(); !status.ok()) return status;
  // The first look at the data may find it all: sources count before any of them starts.
  sources_left_ = plan_.sources.size();
  for (std::size_t i = 0; i < plan_.sources.size(); ++i) sources_.push_back(std::make_unique<SourceRun>(*this, plan_.sources[i], *source_metrics_[i]));
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    Status started = sources_[i]->start();
    if (!started.ok())
      return Status(started.code(), plan_.sources[i].where.text() + ": source." + plan_.sources[i].type + ": " + started.text());
  }
  return {};
}

std::unique_ptr<PipelineRun::ChainRun> PipelineRun::open_chain(const Chain& chain, Status& status) {
  auto run = std::make_unique<ChainRun>();
  const StageContext context{slots_, environment_.worker, environment_.script ? environment_.script() : nullptr, &environment_.on_stuck};
  for (const StageNode& node : chain.stages)
    run->stages.push_back({node.type + " at " + node.where.text(), node.plan->drop_count(), node.plan->scrubber() != nullptr, node.plan->open(context), stage_counters_[stages_opened_++].get()});
  for (const SinkNode& node : chain.sinks) open_sink(node, *run, status);
  if (chain.route) {
    for (const BranchNode& branch : chain.route->branches) {
      StageCounters* const counters = branch.condition ? stage_counters_[stages_opened_++].get() : nullptr;
      run->branches.push_back({"route at " + branch.where.text(), branch.condition ? branch.condition->open(context) : nullptr, counters,
                               open_chain(branch.chain, status)});
    }
  }
  return run;
}

void PipelineRun::open_sink(const SinkNode& node, ChainRun& chain, Status& status) {
  auto run = std::make_unique<SinkRun>();
  SinkRun* const opened = run.get();
  SinkContext context(environment_.scheduler, slots_);
  context.pipeline = plan_.name;
  context.worker = environment_.worker;
  context.workers = plan_.workers;
  context.durable_acks = durable_acks_;
  context.on_ready = [this, opened] { on_sink_ready(*opened); };
  context.on_fatal = [this](const std::string& text) {
    counters_.troubles.add(1);
    environment_.on_message(text);
    stopped_ = true;
    drain();
  };
  context.name = node.name;
  context.counters = sink_counters_[sinks_.size()].get();
  context.bury = [this, name = "sink." + node.type + " at " + node.where.text()](const std::string& reason, std::span<const ByteView> events) { return bury_refused(name, reason, events); };
  context.on_message = [this, name = plan_.name + ": " + node.where.text() + ": sink." + node.type + ": "](const std::string& text) { environment_.on_message(name + text); };
  run->sink = node.plan->open(context);
  if (Status opening = run->sink->open(); status.ok() && !opening.ok())
    status = Status(opening.code(), node.where.text() + ": sink." + node.type + ": " + opening.text());
  sinks_.push_back(opened);
  chain.sinks.push_back(std::move(run));
}

void PipelineRun::run_batch(const std::string& stream, std::shared_ptr<StreamAcks> acks, std::uint64_t bytes, std::uint64_t end) {
  counters_.read.add(batch_.size() + batch_.broken.size());
  counters_.bytes.add(bytes);
  current_stream_ = stream;
  current_acks_ = acks.get();
  Ticket* ticket = Ticket::make(std::move(acks), end, counters_);
  if (!batch_.broken.empty()) bury_broken();
  if (!batch_.rejected.empty()) bury_rejected("parse", *chain_, 0);
  if (!batch_.live.empty()) run_chain(*chain_, *ticket);
  // An event is acked by its letter, so the letter has to be safe before the position moves.
  if (std::exchange(letters_waiting_, false) && environment_.dead_letters) note_letter_failure(environment_.dead_letters->flush_and_sync());
  if (letters_failed_) {
    // Not dead-lettered after all.
    counters_.dead_lettered.add(-letters_);
    counters_.undelivered.add(letters_);
  }
  letters_ = 0;
  ticket->release(!std::exchange(letters_failed_, false));
}

void PipelineRun::run_chain(ChainRun& chain, Ticket& ticket) {
  for (std::size_t i = 0; i < chain.stages.size(); ++i) {
    run_stage(chain, i);
    if (batch_.live.empty()) return;
  }
  validate_live(chain);
  if (batch_.live.empty()) return;
  if (!chain.sinks.empty()) deliver(chain, ticket);
  if (!chain.branches.empty()) run_route(chain, ticket);
}

void PipelineRun::run_stage(ChainRun& chain, std::size_t number) {
  const StageRun& stage = chain.stages[number];
  const std::size_t live_before = batch_.live.size();
  const std::size_t size_before = batch_.size();
  batch_.replaced = 0;
  {
    const StageTally tally(*stage.counters, batch_);
    stage.stage->run(batch_);
  }
  const std::size_t born = batch_.size() - size_before - batch_.replaced;
  const std::size_t gone = live_before + born - batch_.rejected.size() - batch_.live.size();
  if (born != 0) counters_.born.add(born);
  if (gone != 0) (stage.drops == DropCount::sampled_out ? counters_.sampled_out : counters_.filtered).add(gone);
  if (!batch_.rejected.empty()) bury_rejected(stage.name, chain, number);
  if (const std::string why = stage.stage->hopeless(); !why.empty()) give_up(stage.name + ": " + why);
}

void PipelineRun::give_up(const std::string& why) {
  if (std::exchange(stopped_, true)) return;
  counters_.troubles.add(1);
  environment_.on_message(plan_.name + ": the pipeline is stopped, others go on: " + why);
  give_up_call_ = environment_.scheduler.after(0ms, [this] { drain(); });
}

void PipelineRun::validate_live(ChainRun& chain) {
  std::string error;
  std::size_t kept = 0;
  for (const std::uint32_t index : batch_.live) {
    if (batch_.validate(batch_[index], error))
      batch_.live[kept++] = index;
    else
      batch_.rejected.push_back({index, error});
  }
  batch_.live.resize(kept);
  if (batch_.rejected.empty()) return;
  note_invalid();
  bury_rejected("parse", chain, chain.stages.size());
}

// For the stream's tally.
void PipelineRun::note_invalid() {
  if (current_acks_->invalid_reason.empty()) {
    current_acks_->invalid_reason = batch_.rejected.front().reason;
    current_acks_->invalid_offset = batch_[batch_.rejected.front().event].offset;
  }
  current_acks_->invalid += batch_.rejected.size();
}

void PipelineRun::deliver(ChainRun& chain, Ticket& ticket) {
  const auto events = static_cast<std::uint32_t>(batch_.live.size());
  counters_.matched.add(events);
  std::vector<Ack> acks = ticket.hand_out(events, chain.sinks.size());
  for (std::size_t i = 0; i < chain.sinks.size(); ++i) {
    SinkRun& run = *chain.sinks[i];
    run.sink->take(batch_, batch_.live, std::move(acks[i]));
    if (!run.full && !run.sink->ready()) {
      run.full = true;
      ++full_sinks_;
    }
  }
}

// Gives each event to the first branch that takes it.
void PipelineRun::run_route(ChainRun& chain, Ticket& ticket) {
  const bool delivered_already = !chain.sinks.empty();
  std::vector<std::uint32_t> left = batch_.live;
  for (BranchRun& branch : chain.branches) {
    if (left.empty()) break;
    batch_.live = left;
    if (branch.condition) {
      {
        const StageTally tally(*branch.counters, batch_);
        branch.condition->run(batch_);
      }
      // Born events stand where their parents stood: the indices need not ascend.
      std::vector<bool> taken(batch_.size());
      for (const std::uint32_t index : batch_.live) taken[index] = true;
      for (const Rejection& rejection : batch_.rejected) taken[rejection.event] = true;
      std::erase_if(left, [&](std::uint32_t index) { return taken[index]; });
      if (!batch_.rejected.empty()) bury_rejected(branch.name, chain, chain.stages.size());
    } else {
      left.clear();
    }
    if (!batch_.live.empty()) run_chain(*branch.chain, ticket);
  }
  if (!delivered_already) counters_.filtered.add(left.size());
}

void PipelineRun::bury_broken() {
  for (const Batch::Broken& piece : batch_.broken) {
    std::string scrubbed;
    const bool kept = plan_.scrubbers.empty() || scrub(piece.bytes, scrubbed);
    bury("parse", piece.reason, !kept ? ByteView() : plan_.scrubbers.empty() ? piece.bytes : ByteView(scrubbed), piece.offset, piece.size, !kept);
  }
}

void PipelineRun::bury_rejected(const std::string& stage, ChainRun& chain, std::size_t next_stage) {
  const std::vector<Rejection> rejected = std::move(batch_.rejected);
  batch_.rejected.clear();
  Buffer redacted;
  std::string scrubbed;
  for (const Rejection& rejection : rejected) {
    const Event event = batch_[rejection.event];
    ByteView raw = event.raw();
    std::uint64_t size = event.size;
    bool withheld = false;
    if (!plan_.scrubbers.empty()) {
      if (redact_for_letter(rejection.event, chain, next_stage, redacted)) {
        raw = redacted.view();
        size = raw.size();
      } else {
        withheld = !scrub(event.raw(), scrubbed);
        raw = withheld ? ByteView() : ByteView(scrubbed);
        if (!withheld) size = raw.size();
      }
    }
    bury(stage, rejection.reason, raw, event.offset, size, withheld);
  }
}

// The event as the redact stages that it did not reach would leave it, from `next_stage` on and in every branch: a letter
// holds no secret that the pipeline was to take out. False when the event cannot be read for that.
bool PipelineRun::redact_for_letter(std::uint32_t event, ChainRun& chain, std::size_t next_stage, Buffer& out) {
  const std::vector<std::uint32_t> live = std::move(batch_.live);
  const std::uint32_t replaced = batch_.replaced;
  std::string error;
  const bool readable = redact_one(event, chain, next_stage) && batch_.validate(batch_[event], error);
  if (readable) {
    out.clear();
    append_event_json(batch_[event], out);
  }
  batch_.live = live;
  batch_.replaced = replaced;
  return readable;
}

bool PipelineRun::redact_one(std::uint32_t event, ChainRun& chain, std::size_t next_stage) {
  for (std::size_t i = next_stage; i < chain.stages.size(); ++i) {
    if (!chain.stages[i].redacts) continue;
    batch_.live.assign(1, event);
    chain.stages[i].stage->run(batch_);
    const bool redacted = batch_.rejected.empty() && batch_.live.size() == 1;
    batch_.rejected.clear();
    if (!redacted) return false;
  }
  for (BranchRun& branch : chain.branches)
    if (!redact_one(event, *branch.chain, 0)) return false;
  return true;
}

// An error's text may quote the event. What fields alone decide cannot be found in it: then only its place stays.
std::string PipelineRun::scrubbed_reason(std::string reason) const {
  std::string scrubbed;
  if (scrub(reason, scrubbed)) return scrubbed;
  const std::size_t line = reason.find(':');
  const std::size_t end = line == std::string::npos ? line : reason.find(':', line + 1);
  return end == std::string::npos ? "(withheld)" : reason.substr(0, end) + ": (withheld: it may quote what redact takes out)";
}

bool PipelineRun::scrub(ByteView raw, std::string& out) const {
  out.assign(raw);
  for (const RawScrubber* scrubber : plan_.scrubbers) {
    std::optional<std::string> scrubbed = scrubber->scrub(out);
    if (!scrubbed) return false;
    out = std::move(*scrubbed);
  }
  return true;
}

void PipelineRun::bury(const std::string& stage, std::string reason, ByteView raw, std::uint64_t offset, std::uint64_t size, bool withheld) {
  (plan_.keeps_letters ? counters_.dead_lettered : counters_.dropped).add(1);
  if (!plan_.scrubbers.empty()) reason = scrubbed_reason(std::move(reason));
  if (reason.size() > reason_bytes_max) reason.resize(reason_bytes_max);
  if (withheld) reason += " (its bytes are withheld: they may hold what redact takes out)";
  const bool located = current_acks_->locate != nullptr;
  if (located) offset = current_acks_->locate(offset);
  tell_of_letter(stage, reason, fmt::format("{} {}", located ? "offset" : "byte", offset));
  if (!environment_.dead_letters || !plan_.keeps_letters) return;
  letters_waiting_ = true;
  ++letters_;
  DeadLetter letter;
  letter.stage = stage;
  letter.reason = reason;
  letter.source = current_stream_;
  letter.offset = offset;
  letter.size = size;
  letter.raw = raw;
  note_letter_failure(environment_.dead_letters->write(letter));
}

// Events that a sink's destination refused: they have passed every redact stage on their way there.
Verdict PipelineRun::bury_refused(const std::string& sink, const std::string& reason, std::span<const ByteView> events) {
  constexpr std::uint64_t told_max = 3;
  std::string text = plan_.scrubbers.empty() ? reason : scrubbed_reason(reason);
  if (text.size() > reason_bytes_max) text.resize(reason_bytes_max);
  if (plan_.keeps_letters && environment_.dead_letters) {
    if (const Status kept = keep_refused(sink, text, events); !kept.ok()) {
      const bool of_batch = letters_failed_;
      note_letter_failure(kept);
      letters_failed_ = of_batch;  // these are not of the batch at hand
      return Verdict::undelivered;
    }
  }
  if (refused_told_++ < told_max)
    environment_.on_message(fmt::format("{}: {}: {}: {}{}{}", plan_.name, plan_.keeps_letters ? "dead letter" : "dropped", sink,
                                        events.size() == 1 ? "" : fmt::format("{} events: ", events.size()), text,
                                        refused_told_ == told_max ? " (more are only counted)" : ""));
  return plan_.keeps_letters ? Verdict::dead_lettered : Verdict::dropped;
}

Status PipelineRun::keep_refused(const std::string& sink, const std::string& reason, std::span<const ByteView> events) {
  for (const ByteView raw : events) {
    DeadLetter letter;
    letter.stage = sink;
    letter.reason = reason;
    letter.source = "(delivered events)";
    letter.size = raw.size();
    letter.raw = raw;
    if (Status written = environment_.dead_letters->write(letter); !written.ok()) return written;
  }
  return environment_.dead_letters->flush_and_sync();
}

// The first few are told one by one, so that a mistake shows at once; then the count in the summary has to do.
void PipelineRun::tell_of_letter(const std::string& stage, const std::string& reason, const std::string& place) {
  constexpr std::uint64_t told_max = 3;
  const std::uint64_t count = plan_.keeps_letters ? counters_.dead_lettered.get() : counters_.dropped.get();
  if (count > told_max) return;
  environment_.on_message(fmt::format("{}: {}: {}, {}: {}: {}{}", plan_.name, plan_.keeps_letters ? "dead letter" : "dropped", current_stream_, place, stage, reason,
                                      count == told_max ? " (more are only counted)" : ""));
}

// An event whose letter is not safe is not done with: its batch must not be acked.
void PipelineRun::note_letter_failure(const Status& status) {
  if (status.ok()) return;
  letters_failed_ = true;
  counters_.troubles.add(1);
  if (std::exchange(letters_failure_told_, true)) return;
  environment_.on_message("dead letters cannot be kept, so their events will be read again: " + status.text());
}

void PipelineRun::on_sink_ready(SinkRun& sink) {
  if (!sink.full) return;
  sink.full = false;
  if (--full_sinks_ != 0) return;
  // Not from inside the sink's own call.
  resume_call_ = environment_.scheduler.after(0ms, [this] {
    const std::set<StreamRun*> streams = streams_;
    for (StreamRun* stream : streams)
      if (streams_.contains(stream)) stream->resume();
    if (!ready()) return;
    for (const auto& source : sources_) source->resume();
    check_done();
  });
}

Buffer PipelineRun::take_buffer() {
  if (buffers_.empty()) return Buffer(StreamRun::read_bytes);
  Buffer buffer = std::move(buffers_.back());
  buffers_.pop_back();
  return buffer;
}

void PipelineRun::give_buffer(Buffer buffer) {
  // Streams are read one after another, so few buffers do for any number of them.
  constexpr std::size_t buffers_kept = 4;
  if (buffers_.size() >= buffers_kept || buffer.capacity() < StreamRun::read_bytes || buffer.capacity() > 4 * StreamRun::read_bytes) return;
  buffer.clear();
  buffers_.push_back(std::move(buffer));
}

Totals PipelineRun::totals() const {
  SpoolTotals spool;
  for (const auto& sink : sink_counters_) spool.count(*sink);
  return totals_of(counters_, spool);
}

std::int64_t PipelineRun::unaccounted() const {
  const Totals sum = totals();
  return static_cast<std::int64_t>(sum.in_flight() - counters_.in_flight.get());
}

void PipelineRun::on_source_finished() {
  if (sources_left_ == 0 || --sources_left_ != 0) return;
  check_done();
}

void PipelineRun::drain() {
  if (draining_) return;
  draining_ = true;
  winding_down_until_ = environment_.scheduler.now() + winding_down_max;
  for (const auto& source : sources_) source->stop();
  for (SinkRun* run : sinks_) run->sink->drain();
  sources_left_ = 0;
  check_done();
}

// Done when no source brings more and no sink holds anything. Asked again until then: sinks on a network take their time.
void PipelineRun::check_done() {
  if (sources_left_ != 0 || done_) return;
  for (SinkRun* run : sinks_) run->sink->flush();
  const bool held = !stopped_ && std::any_of(streams_.begin(), streams_.end(), [](StreamRun* stream) { return stream->holds_frames(); });
  const bool winding_down = environment_.scheduler.now() < winding_down_until_ &&
                            std::any_of(sources_.begin(), sources_.end(), [](const auto& source) { return source->winding_down(); });
  const bool idle = !held && !winding_down && std::all_of(sinks_.begin(), sinks_.end(), [](SinkRun* run) { return run->sink->idle(); });
  if (!idle && !stopped_) {
    if (!idle_check_) idle_check_ = environment_.scheduler.every(10ms, [this] { check_done(); });
    return;
  }
  done_ = true;
  done_call_ = environment_.scheduler.after(0ms, [this] {
    idle_check_.reset();
    environment_.on_done();
  });
}

void PipelineRun::close() {
  stopped_ = true;
  done_ = true;  // nobody waits for it any more
  idle_check_.reset();
  done_call_.reset();
  give_up_call_.reset();
  resume_call_.reset();
  for (const auto& source : sources_) source->stop();
  for (SinkRun* run : sinks_) run->sink->close();
  sources_.clear();
  sinks_.clear();
  chain_.reset();
}

}  // namespace penstock
