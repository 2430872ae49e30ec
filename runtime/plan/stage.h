// What stands between source and sink.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/base/value.h"
#include "runtime/event/batch.h"

namespace penstock {

// How the events that a stage takes out of a batch are counted.
enum class DropCount : std::uint8_t { filtered, sampled_out };

// A stage at work on one worker. Goes over batch.live once per batch: changes events in place, compacts `live`, puts events
// it cannot handle into batch.rejected (and out of live). Never throws.
class Stage {
 public:
  virtual ~Stage() = default;
  virtual void run(Batch& batch) = 0;
  // Nothing will come of going on: the pipeline has to stop, so that the worker's others get their turn. Says why.
  virtual std::string hopeless() const { return {}; }
};

namespace script {
class Script;
}

// What a stage may use on its worker. All of it outlives the stage.
struct StageContext {
  SlotTable& slots;
  int worker = 0;
  script::Script* script = nullptr;  // the worker's Lua: for stages that call functions of the script
  // Called on another thread when the worker is lost in a stage and cannot be freed; may be null.
  const std::function<void(const std::string&)>* on_stuck = nullptr;
};

// Takes secrets out of bytes that never became an event (a broken line) before they are kept in the dead letter.
struct RawScrubber {
  virtual ~RawScrubber() = default;
  // The bytes without what the stage's rules find; nullopt: withhold them, for the rules need fields to go by. Thread-safe.
  virtual std::optional<std::string> scrub(ByteView raw) const = 0;
};

// A stage as declared: checked once, then opened on each worker. Immutable, shared by the workers' threads.
class StagePlan {
 public:
  virtual ~StagePlan() = default;
  virtual std::unique_ptr<Stage> open(const StageContext& context) const = 0;
  virtual DropCount drop_count() const { return DropCount::filtered; }
  // What every dead letter's raw bytes of this pipeline go through; null when the stage hides nothing. Lives as long as the plan.
  virtual const RawScrubber* scrubber() const { return nullptr; }
  // The function of the script that it calls; none for native stages.
  virtual std::optional<FunctionRef> function() const { return std::nullopt; }
  // For `explain`: one line, `filter EdgeResponseStatusCode >= 500`.
  virtual std::string describe() const = 0;
  // For `explain`: the paths it reads and writes, as text.
  virtual std::vector<std::string> reads() const { return {}; }
  virtual std::vector<std::string> writes() const { return {}; }
  // The paths that it takes as the event came with them, whatever a `fields` before it kept; see SlotTable::Aside.
  virtual std::vector<Path> recalls() const { return {}; }
  // Whether it drops the field at `path`, or a part of it, for being none of those that it keeps.
  virtual bool drops(const Path&) const { return false; }
};

}  // namespace penstock
