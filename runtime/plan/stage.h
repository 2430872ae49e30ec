// What stands between source and sink.
#pragma once
#include <memory>
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
};

// What a stage may use on its worker. All of it outlives the stage.
struct StageContext {
  SlotTable& slots;
  int worker = 0;
};

// A stage as declared: checked once, then opened on each worker. Immutable, shared by the workers' threads.
class StagePlan {
 public:
  virtual ~StagePlan() = default;
  virtual std::unique_ptr<Stage> open(const StageContext& context) const = 0;
  virtual DropCount drop_count() const { return DropCount::filtered; }
  // For `explain`: one line, `filter EdgeResponseStatusCode >= 500`.
  virtual std::string describe() const = 0;
  // For `explain`: the paths it reads and writes, as text.
  virtual std::vector<std::string> reads() const { return {}; }
  virtual std::vector<std::string> writes() const { return {}; }
};

}  // namespace penstock
