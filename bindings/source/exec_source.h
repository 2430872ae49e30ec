// The `exec` source: the output of a program.
#pragma once
#include <chrono>

#include "bindings/source/child_process.h"
#include "runtime/base/value.h"
#include "runtime/plan/components.h"

namespace penstock {

struct ExecOptions {
  ChildCommand command;
  bool restart = true;
  std::chrono::milliseconds backoff_min{1000};
  std::chrono::milliseconds backoff_max{60'000};   // a run as long as this begins again at backoff_min
  std::chrono::milliseconds grace{5000};           // between SIGTERM and SIGKILL

  // From command (a list: no shell), restart, backoff_min_ms, backoff_max_ms, stop_timeout_ms, env, cwd. Code::invalid: no such program,
  // or one that `context` does not allow.
  static Result<ExecOptions> from(const Value& options, const PlanContext& context);
};

// Runs on worker 0. Each run of the program is a stream; the end of its output ends it. Without restart the source is finite, and a
// status other than 0 is told as trouble; with it the program is started again, later each time.
// At the end of the run the program's process group gets SIGTERM, what it still writes is read for a moment, then SIGKILL after
// the grace time. Best effort: what was read and not delivered is lost with the process.
// What it writes to its standard error goes to our log, line by line, at most lines_max a second of at most line_bytes_max bytes.
class ExecSourcePlan final : public SourcePlan {
 public:
  static constexpr int lines_max = 20;
  static constexpr std::size_t line_bytes_max = 1024;
  static constexpr std::chrono::milliseconds drain_time_max{500};

  explicit ExecSourcePlan(ExecOptions options) : options_(std::move(options)) {}
  std::unique_ptr<Source> open(SourceContext& context) override;
  bool finite() const override { return !options_.restart; }
  bool replayable() const override { return false; }
  std::string describe() const override;

 private:
  const ExecOptions options_;
};

Result<std::unique_ptr<SourcePlan>> make_exec_source(const Value& options, const PlanContext& context);

}  // namespace penstock
