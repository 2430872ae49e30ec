// Lines through stages and out again, as a pipeline does it: decode, run the stages over one batch, validate, encode.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bindings/codec/json_decoder.h"
#include "bindings/codec/json_encode.h"
#include "runtime/plan/components.h"

namespace penstock {

struct StagedOutcome {
  std::vector<std::string> events;    // as JSON
  std::vector<std::string> rejected;  // reasons
};

class StagedLines {
 public:
  explicit StagedLines(int worker = 0) : worker_(worker) {}

  // Opens a stage behind those before. `made` must be ok.
  StagedLines& then(Result<std::unique_ptr<StagePlan>> made) {
    plans_.push_back(*std::move(made));
    stages_.push_back(plans_.back()->open({slots_, worker_}));
    return *this;
  }

  // Each line is an event's JSON text.
  StagedOutcome run(const std::vector<std::string>& lines) {
    Buffer input;
    for (const std::string& line : lines) input.append(line + "\n");
    input.room(padding_bytes);
    auto plan = make_json_decoder(Value(ValueMap{}));
    const auto decoder = (*plan)->open(slots_);
    Batch batch(slots_);
    StagedOutcome outcome;
    for (std::size_t at = 0; at < input.size();) {
      batch.clear();
      const std::size_t taken = decoder->decode(input.view().substr(at), at, true, batch);
      for (const Batch::Broken& broken : batch.broken) outcome.rejected.push_back(broken.reason);
      if (taken == 0) break;
      finish(batch, outcome);
      at += taken;
    }
    return outcome;
  }
  std::string run_one(const std::string& line) {
    const StagedOutcome outcome = run({line});
    return outcome.events.size() == 1 ? outcome.events[0] : "(no event)";
  }

  // Each line is an event of a text format, with the line as its field `message`.
  StagedOutcome run_text(const std::vector<std::string>& lines) {
    const SlotNumber message = slots_.add("message");
    const Entry entry = {Slice::text("message"), message, Slice{}};
    Batch batch(slots_);
    for (const std::string& line : lines) {
      Event& event = batch.add(line, 0, Base::entries);
      event.entries = &entry;
      event.entry_count = 1;
      event.slots[message] = Slice::text(line);
    }
    batch.all_live();
    StagedOutcome outcome;
    finish(batch, outcome);
    return outcome;
  }

  SlotTable& slots() { return slots_; }

 private:
  void finish(Batch& batch, StagedOutcome& outcome) {
    for (const auto& stage : stages_) stage->run(batch);
    for (const std::uint32_t index : batch.live) {
      Event& event = batch[index];
      std::string error;
      const bool json = event.base == Base::json || event.token_begin != event.token_end;
      if (json && !batch.validate(event, error)) {
        outcome.rejected.push_back(error);
        continue;
      }
      Buffer out;
      append_event_json(event, out);
      outcome.events.emplace_back(out.view());
    }
    for (const Rejection& rejection : batch.rejected) outcome.rejected.push_back(rejection.reason);
  }

  int worker_;
  SlotTable slots_;
  std::vector<std::unique_ptr<StagePlan>> plans_;
  std::vector<std::unique_ptr<Stage>> stages_;
};

// What stages are made with in tests.
inline const PlanContext& test_context() {
  static const Components components;
  static const PlanContext context{components, "test", ".", 1, ""};
  return context;
}

// `factory` with `options`.
inline Result<std::unique_ptr<StagePlan>> made(const StageFactory& factory, ValueMap options) {
  return factory(Value(std::move(options)), test_context());
}

// The failure's text; "" when the stage was made.
inline std::string refusal(const StageFactory& factory, ValueMap options) {
  const auto plan = made(factory, std::move(options));
  return plan.ok() ? "" : plan.status().text();
}

}  // namespace penstock
