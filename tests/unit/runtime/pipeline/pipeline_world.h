// A pipeline with everything around it in memory: what comes in is fed by the test, what goes out stays until the test
// says what became of it, and time stands still.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "runtime/event/event_json.h"
#include "runtime/pipeline/pipeline_run.h"
#include "tests/unit/runtime/delivery/state_directory.h"
#include "tests/unit/support/fake_scheduler.h"

namespace penstock::testing {

// Lines: one that begins with `!` is broken, any other an event's JSON text. Takes at most `events_max` at a time.
class LineDecoder final : public Decoder {
 public:
  explicit LineDecoder(std::size_t events_max = Batch::events_max) : events_max_(events_max) {}

  std::size_t decode(ByteView input, std::uint64_t offset, bool at_end, Batch& batch) override {
    std::size_t at = 0;
    while (at < input.size() && batch.size() + batch.broken.size() < events_max_) {
      std::size_t end = input.find('\n', at);
      if (end == ByteView::npos && !at_end) break;
      const ByteView line = input.substr(at, end == ByteView::npos ? end : end - at);
      if (line.starts_with('!'))
        batch.broken.push_back({line, offset + at, line.size(), "broken line"});
      else if (!line.empty())
        batch.add(line, offset + at, Base::json);
      at = end == ByteView::npos ? input.size() : end + 1;
    }
    batch.all_live();
    return at;
  }
  void resync() override { ++resyncs; }
  std::string unfinished() const override { return why_unfinished; }

  int resyncs = 0;
  std::string why_unfinished;

 private:
  std::size_t events_max_;
};

struct LineDecoderPlan final : DecoderPlan {
  std::unique_ptr<Decoder> open(SlotTable&) const override { return std::make_unique<LineDecoder>(events_max); }
  std::string describe() const override { return "lines"; }
  std::size_t events_max = Batch::events_max;
};

// Calls a function on the batch.
class CallStagePlan final : public StagePlan {
 public:
  using Work = std::function<void(Batch&)>;
  explicit CallStagePlan(Work work, DropCount drops = DropCount::filtered, const RawScrubber* scrubber = nullptr)
      : work_(std::move(work)), drops_(drops), scrubber_(scrubber) {}
  std::unique_ptr<Stage> open(const StageContext&) const override { return std::make_unique<CallStage>(work_); }
  DropCount drop_count() const override { return drops_; }
  const RawScrubber* scrubber() const override { return scrubber_; }
  std::string describe() const override { return "call"; }

 private:
  struct CallStage final : Stage {
    explicit CallStage(const Work& w) : work(w) {}
    void run(Batch& batch) override { work(batch); }
    const Work& work;
  };
  Work work_;
  DropCount drops_;
  const RawScrubber* scrubber_;
};

inline bool contains(Batch& batch, std::uint32_t index, ByteView text) { return batch[index].raw().find(text) != ByteView::npos; }

// Events whose text holds `text` leave.
inline CallStagePlan::Work drop_with(std::string text) {
  return [text](Batch& batch) { std::erase_if(batch.live, [&](std::uint32_t i) { return contains(batch, i, text); }); };
}
inline CallStagePlan::Work keep_with(std::string text) {
  return [text](Batch& batch) { std::erase_if(batch.live, [&](std::uint32_t i) { return !contains(batch, i, text); }); };
}
// Events whose text holds `text` are refused.
inline CallStagePlan::Work reject_with(std::string text) {
  return [text](Batch& batch) {
    std::erase_if(batch.live, [&](std::uint32_t i) {
      if (!contains(batch, i, text)) return false;
      batch.rejected.push_back({i, "holds " + text});
      return true;
    });
  };
}
// Events whose text holds `text` give their place to `count` others.
inline CallStagePlan::Work split_with(std::string text, int count) {
  return [text, count](Batch& batch) {
    std::vector<std::uint32_t> live;
    for (const std::uint32_t i : batch.live) {
      if (!contains(batch, i, text)) {
        live.push_back(i);
        continue;
      }
      if (count > 0) ++batch.replaced;
      for (int n = 0; n < count; ++n) {
        batch.add_born(batch.arena().copy("{\"born\":" + std::to_string(n) + "}"), batch[i].offset);
        live.push_back(static_cast<std::uint32_t>(batch.size() - 1));
      }
    }
    batch.live = std::move(live);
  };
}

// What a sink of the pipeline got and was told. Acks wait here for the test's word.
struct MemorySinkState {
  std::vector<std::string> events;
  std::deque<Ack> acks;
  bool is_ready = true;
  bool settle_at_once = true;
  int full_after = 0;  // after so many batches more it is not ready; 0: never
  int flushes = 0;
  bool closed = false;
  Status opening;
  SinkContext* context = nullptr;

  // The oldest unsettled batch's verdict.
  void settle(Verdict verdict) {
    Ack ack = std::move(acks.front());
    acks.pop_front();
    ack.settle(verdict);
  }
  void settle_some(Verdict verdict, std::uint32_t events_count) {
    acks.front().settle_some(verdict, events_count);
    if (acks.front().events() == 0) acks.pop_front();
  }
  void turn_ready() {
    is_ready = true;
    context->on_ready();
  }
};

class MemorySinkPlan final : public SinkPlan {
 public:
  explicit MemorySinkPlan(MemorySinkState& state) : state_(state) {}
  std::unique_ptr<Sink> open(const SinkContext& context) override { return std::make_unique<MemorySink>(state_, context); }
  std::string describe() const override { return "memory"; }

 private:
  struct MemorySink final : Sink {
    MemorySink(MemorySinkState& s, const SinkContext& c) : state(s), context(c) { state.context = &context; }
    Status open() override { return std::move(state.opening); }
    void take(Batch& batch, std::span<const std::uint32_t> events, Ack ack) override {
      EXPECT_TRUE(state.is_ready) << "a sink that is not ready was given events";
      EXPECT_FALSE(events.empty());
      EXPECT_EQ(events.size(), ack.events());
      for (const std::uint32_t index : events) {
        Buffer out;
        append_event_json(batch[index], out);
        state.events.emplace_back(out.view());
      }
      if (state.full_after > 0 && --state.full_after == 0) state.is_ready = false;
      if (state.settle_at_once)
        ack.settle(Verdict::delivered);
      else
        state.acks.push_back(std::move(ack));
    }
    bool ready() const override { return state.is_ready; }
    void flush() override { ++state.flushes; }
    bool idle() const override { return state.acks.empty(); }
    void close() override {
      EXPECT_FALSE(state.closed) << "a sink was closed twice";
      state.closed = true;
      while (!state.acks.empty()) state.settle(Verdict::undelivered);
    }
    MemorySinkState& state;
    SinkContext context;
  };
  MemorySinkState& state_;
};

// The test's hand on a source: one stream, fed by the test.
struct MemorySourceState {
  SourceContext* context = nullptr;
  std::unique_ptr<Stream> stream;
  std::vector<std::uint64_t> acked;  // every position that was acked
  int resumes = 0;
  int stops = 0;
  bool is_winding_down = false;
  bool is_finite = true;
  std::function<std::uint64_t(std::uint64_t)> locate;  // of its stream
  Status starting;

  void feed(ByteView bytes) {
    const std::span<char> space = stream->space();
    ASSERT_GE(space.size(), bytes.size());
    std::memcpy(space.data(), bytes.data(), bytes.size());
    stream->commit(bytes.size());
  }
  void finish() {
    stream->end();
    context->on_finished();
  }
};

class MemorySourcePlan final : public SourcePlan {
 public:
  explicit MemorySourcePlan(MemorySourceState& state) : state_(state) {}
  std::unique_ptr<Source> open(SourceContext& context) override {
    state_.context = &context;
    return std::make_unique<MemorySource>(state_);
  }
  bool finite() const override { return state_.is_finite; }
  bool replayable() const override { return true; }
  std::string describe() const override { return "memory"; }

 private:
  struct MemorySource final : Source {
    explicit MemorySource(MemorySourceState& s) : state(s) {}
    ~MemorySource() override { state.stream.reset(); }
    Status start() override {
      StreamOptions options{"memory", 0, [this](std::uint64_t acked) { state.acked.push_back(acked); }};
      options.locate = state.locate;
      state.stream = state.context->open_stream(std::move(options));
      return std::move(state.starting);
    }
    void resume() override { ++state.resumes; }
    void stop() override { ++state.stops; }
    bool winding_down() const override { return state.is_winding_down; }
    MemorySourceState& state;
  };
  MemorySourceState& state_;
};

// One pipeline over one source, or several. The plan is put together first, then start()ed.
class PipelineWorld : public ::testing::Test {
 protected:
  PipelineWorld() {
    plan.name = "edge";
    add_source();
  }
  ~PipelineWorld() override {
    if (run && !closed_) run->close();
    run.reset();
  }

  MemorySourceState& add_source() {
    MemorySourceState& state = source_states.emplace_back();
    SourceNode node;
    node.number = static_cast<int>(plan.sources.size());
    node.type = "memory";
    node.where = {"edge.lua", 2};
    node.plan = std::make_unique<MemorySourcePlan>(state);
    node.decoders.emplace_back("lines", std::make_unique<LineDecoderPlan>());
    plan.sources.push_back(std::move(node));
    return state;
  }
  void decode_at_most(std::size_t events) {
    auto decoder = std::make_unique<LineDecoderPlan>();
    decoder->events_max = events;
    plan.sources[0].decoders[0].second = std::move(decoder);
  }
  MemorySinkState& add_sink(Chain& chain) {
    MemorySinkState& state = sink_states.emplace_back();
    chain.sinks.push_back({"0:memory", "memory", {"edge.lua", 9}, std::make_unique<MemorySinkPlan>(state)});
    return state;
  }
  MemorySinkState& add_sink() { return add_sink(plan.chain); }
  void add_stage(Chain& chain, CallStagePlan::Work work, DropCount drops = DropCount::filtered) {
    chain.stages.push_back({"call", {"edge.lua", 5}, std::make_unique<CallStagePlan>(std::move(work), drops)});
  }
  void add_stage(CallStagePlan::Work work, DropCount drops = DropCount::filtered) { add_stage(plan.chain, std::move(work), drops); }
  // A stage that takes secrets out of events, and how it does so with bytes that are no event.
  void add_redact(Chain& chain, CallStagePlan::Work work, const RawScrubber& scrubber) {
    chain.stages.push_back({"redact", {"edge.lua", 6}, std::make_unique<CallStagePlan>(std::move(work), DropCount::filtered, &scrubber)});
    plan.scrubbers.push_back(&scrubber);
  }
  // A branch for the events whose text holds `text`; empty: otherwise.
  Chain& add_branch(Chain& chain, const std::string& text) {
    if (!chain.route) {
      chain.route = std::make_unique<RouteNode>();
      chain.route->branches.reserve(8);  // references to chains stay good
    }
    BranchNode branch;
    branch.where = {"edge.lua", 7};
    if (!text.empty()) branch.condition = std::make_unique<CallStagePlan>(keep_with(text));
    chain.route->branches.push_back(std::move(branch));
    return chain.route->branches.back().chain;
  }
  Chain& add_branch(const std::string& text) { return add_branch(plan.chain, text); }

  Status start() {
    PipelineEnvironment environment(scheduler);
    environment.dead_letters = dead_letters.get();
    environment.on_done = [this] { ++done; };
    environment.on_message = [this](const std::string& text) { messages.push_back(text); };
    run = std::make_unique<PipelineRun>(plan, std::move(environment));
    return run->start();
  }
  void keep_letters() { dead_letters = std::make_unique<DeadLetterFile>(directory.path(), "edge"); }
  void keep_letters_where_nothing_can_be_written() { dead_letters = std::make_unique<DeadLetterFile>("/dev/null/state", "edge"); }

  void feed(ByteView bytes) { source().feed(bytes); }
  void close() {
    closed_ = true;
    run->close();
  }
  MemorySourceState& source() { return source_states.front(); }
  Totals totals() const { return run->totals(); }

  // read + born = everything that became of events, once nothing is under way.
  void expect_all_accounted_for() const {
    const Totals all = totals();
    EXPECT_EQ(all.read + all.born, all.settled()) << "delivered " << all.delivered << " filtered " << all.filtered << " sampled out " << all.sampled_out
                                                  << " dead-lettered " << all.dead_lettered << " dropped " << all.dropped << " undelivered "
                                                  << all.undelivered;
  }
  // The dead letters on disk.
  std::vector<StoredLetter> letters() const {
    std::vector<StoredLetter> out;
    std::ifstream in(directory.path() + "/dead-letter/edge.ndjson", std::ios::binary);
    for (std::string line; std::getline(in, line);) {
      Result<StoredLetter> letter = parse_letter(line);
      EXPECT_TRUE(letter.ok());
      if (letter.ok()) out.push_back(*std::move(letter));
    }
    return out;
  }

  StateDirectory directory;
  FakeScheduler scheduler;
  std::deque<MemorySourceState> source_states;
  std::deque<MemorySinkState> sink_states;
  PipelinePlan plan;
  std::unique_ptr<DeadLetterFile> dead_letters;
  std::unique_ptr<PipelineRun> run;
  std::vector<std::string> messages;
  int done = 0;

 private:
  bool closed_ = false;
};

}  // namespace penstock::testing
