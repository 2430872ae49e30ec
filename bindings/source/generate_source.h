// The `generate` source: synthetic events, for demos and load.
#pragma once
#include "bindings/source/synthetic_log.h"
#include "runtime/base/value.h"
#include "runtime/plan/source.h"

namespace penstock {

struct GenerateOptions {
  std::uint64_t count = 0;  // events of all workers together; 0: without end
  double rate = 0;          // events per second of all workers together; 0: as fast as they are taken
  std::uint64_t seed = 1;   // the same seed and count give the same bytes
  SyntheticLog::Kind kind = SyntheticLog::Kind::access;
  std::vector<std::string> lines;  // for Kind::lines

  // `template`: access, nginx, syslog, any other text as a line (or several), or a list of lines. Code::invalid: a negative
  // count or rate, or no line.
  static Result<GenerateOptions> from(const Value& options);
};

// Of W workers, worker w makes the events w, w + W, w + 2W, ... of the one sequence, so together they make `count` exactly.
// At a rate, event n is due n / rate seconds after the start; after more than a second of backpressure what was missed is not
// caught up.
class GenerateSourcePlan : public SourcePlan {
 public:
  explicit GenerateSourcePlan(GenerateOptions options) : options_(std::move(options)) {}
  std::unique_ptr<Source> open(SourceContext& context) override;
  bool finite() const override { return options_.count > 0; }
  // A run makes them all again.
  bool replayable() const override { return true; }
  std::string describe() const override;

 private:
  const GenerateOptions options_;
};

}  // namespace penstock
