// The `stdin` source: what is piped into the process, until its end.
#pragma once
#include "runtime/plan/source.h"

namespace penstock {

// Worker 0 reads; the others are finished at once. Cannot be read again after a crash.
class StdinSourcePlan : public SourcePlan {
 public:
  // `fd`: 0, or another descriptor in tests; is not closed.
  explicit StdinSourcePlan(int fd) : fd_(fd) {}
  std::unique_ptr<Source> open(SourceContext& context) override;
  bool finite() const override { return true; }
  bool replayable() const override { return false; }
  std::string describe() const override { return "stdin"; }

 private:
  const int fd_;
};

}  // namespace penstock
