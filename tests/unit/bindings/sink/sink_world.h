// What a sink needs around it, in small: events, encoders, acks, a clock and a loop that stand still.
#pragma once
#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "bindings/compress/decompressor.h"
#include "bindings/sink/file_sink.h"
#include "tests/unit/support/faulty_file_system.h"
#include "tests/unit/support/fake_scheduler.h"
#include "tests/unit/support/temporary_folder.h"

namespace penstock::testing {

// Entries are the events' bytes.
class BytesEncoderPlan : public EncoderPlan {
 public:
  explicit BytesEncoderPlan(Framing framing) : framing_(std::move(framing)) {}
  const Framing& framing() const override { return framing_; }
  std::string describe() const override { return "bytes"; }
  std::unique_ptr<Encoder> open(SlotTable&) const override { return std::make_unique<BytesEncoder>(framing_); }

 private:
  struct BytesEncoder : Encoder {
    explicit BytesEncoder(const Framing& f) : framing(f) {}
    void encode(Batch& batch, std::span<const std::uint32_t> events, Buffer& out) override {
      for (std::size_t i = 0; i < events.size(); ++i) {
        out.append(batch[events[i]].raw());
        if (framing.separator_ends || i + 1 < events.size()) out.append(framing.separator);
      }
    }
    const Framing& framing;
  };
  Framing framing_;
};

inline Framing lines_framing() { return {}; }
inline Framing array_framing() { return {"[\n", ",\n", false, "\n]\n", "application/json", "json"}; }
inline Framing csv_framing() { return {"head\n", "\n", true, "", "text/csv", "csv"}; }

inline void add_test_encoders(Components& components) {
  const auto row = [&](const std::string& name, const Framing& framing) {
    components.encoders[name] = [framing](const Value&) -> Result<std::unique_ptr<EncoderPlan>> {
      return std::unique_ptr<EncoderPlan>(std::make_unique<BytesEncoderPlan>(framing));
    };
  };
  row("ndjson", lines_framing());
  row("json_array", array_framing());
  row("csv", csv_framing());
}

// Counts events by verdict.
struct AckLog final : AckTarget {
  void settle(Verdict verdict, std::uint32_t events) override { counts[verdict] += events; }
  std::uint32_t delivered() const { return count(Verdict::delivered); }
  std::uint32_t undelivered() const { return count(Verdict::undelivered); }
  std::uint32_t count(Verdict verdict) const {
    const auto found = counts.find(verdict);
    return found == counts.end() ? 0 : found->second;
  }
  std::map<Verdict, std::uint32_t> counts;
};

// One sink plan, sinks for its workers, and verbs.
class SinkWorld {
 public:
  SinkWorld() { add_test_encoders(components); }

  // Opens the plan with these options for worker `worker`.
  Status open_file(ValueMap options, int worker = 0) {
    options.try_emplace("path", folder.path("out"));
    if (!plan) {
      Result<std::unique_ptr<SinkPlan>> made = make_file_sink(Value(std::move(options)), context, outputs);
      if (!made.ok()) return made.take_status();
      plan = std::move(*made);
    }
    return open_worker(worker);
  }
  Status open_worker(int worker = 0) {
    sinks.push_back(plan->open(sink_context(worker)));
    return sinks.back()->open();
  }
  SinkContext sink_context(int worker) {
    SinkContext of(scheduler, slots);
    of.pipeline = "edge";
    of.worker = worker;
    of.workers = 2;
    of.durable_acks = durable;
    of.on_ready = [this] { ++readies; };
    of.on_fatal = [this](const std::string& text) { fatal.push_back(text); };
    of.name = "0:file";
    of.counters = &counters;
    of.bury = [this](const std::string&, std::span<const ByteView> events) {
      for (const ByteView event : events) buried.emplace_back(event);
      return Verdict::dead_lettered;
    };
    of.on_message = [this](const std::string& text) { messages.push_back(text); };
    return of;
  }
  // Sends events, one batch.
  void take(const std::vector<std::string>& events, std::size_t sink = 0) {
    batch.clear();
    for (const std::string& event : events) batch.add(event, 0, Base::json);
    batch.all_live();
    const auto count = static_cast<std::uint32_t>(events.size());
    taken += count;
    sinks[sink]->take(batch, batch.live, Ack(&acks, count));
  }
  void flush() {
    for (auto& sink : sinks) sink->flush();
  }
  // Closes all sinks and forgets them and the plan.
  void close() {
    for (auto& sink : sinks) sink->close();
    sinks.clear();
    plan.reset();
  }
  // As a killed process: nothing is flushed, nothing is closed well.
  std::string decoded(const std::string& name, Compression compression) const {
    const std::string bytes = folder.read(name);
    auto decompressor = make_decompressor(compression);
    std::string text;
    std::vector<char> out(1 << 16);
    ByteView left = bytes;
    for (;;) {
      Result<Progress> step = decompressor->step(left, out);
      if (!step.ok()) return text + "<" + step.status().text() + ">";
      text.append(out.data(), step->produced);
      left.remove_prefix(step->consumed);
      if (left.empty() && step->produced == 0 && !step->member_ended) break;
    }
    return decompressor->at_clean_end() ? text : text + "<cut>";
  }

  TemporaryFolder folder;
  FaultyFileSystem files;
  FakeScheduler scheduler;
  std::chrono::system_clock::time_point time{std::chrono::seconds(1795255200)};  // 2026-11-21T10:00:00Z
  OutputRegistry outputs{files, [this] { return time; }};
  Components components;
  PlanContext context{components, "edge", "", 2, ""};
  SlotTable slots;
  SinkCounters counters;
  Batch batch{slots};
  AckLog acks;
  bool durable = false;
  int readies = 0;
  std::uint32_t taken = 0;
  std::vector<std::string> fatal;
  std::vector<std::string> buried;
  std::vector<std::string> messages;
  std::unique_ptr<SinkPlan> plan;
  std::vector<std::unique_ptr<Sink>> sinks;
};

}  // namespace penstock::testing
