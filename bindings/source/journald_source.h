// The `journald` source: entries of the systemd journal as JSON events.
#pragma once
#include <optional>

#include "bindings/source/journal.h"
#include "runtime/base/value.h"
#include "runtime/plan/components.h"

namespace penstock {

struct JournaldOptions {
  JournalOptions journal;
  // Where reading begins without a checkpoint: there, or so long ago.
  JournalStart start = JournalStart::boot;
  std::optional<std::chrono::milliseconds> since;
  bool follow = true;

  // From directory, units, since (`beginning`, `boot`, `now`, or a duration such as `1h`), follow. Code::unsupported in builds without
  // libsystemd.
  static Result<JournaldOptions> from(const Value& options);
};

// Runs on worker 0, as one stream. Replayable: the journal's cursor of what is acked is kept as the detail `cursor` of the checkpoint, whose
// position counts the bytes of the events. An entry that has left the journal before it was read is told as trouble.
class JournaldSourcePlan final : public SourcePlan {
 public:
  explicit JournaldSourcePlan(JournaldOptions options) : options_(std::move(options)) {}
  std::unique_ptr<Source> open(SourceContext& context) override;
  bool finite() const override { return !options_.follow; }
  bool replayable() const override { return true; }
  std::string describe() const override;

 private:
  const JournaldOptions options_;
};

Result<std::unique_ptr<SourcePlan>> make_journald_source(const Value& options, const PlanContext& context);

}  // namespace penstock
