// What a person sees of a run: a line that changes while it goes on, and one line when it is over.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

#include "runtime/pipeline/counters.h"

namespace penstock {

using RunTime = std::chrono::steady_clock::duration;

// Rewrites one line of the terminal on stderr.
class ProgressDisplay {
 public:
  // `bytes_in_all`: 0 when unknown.
  void show(const Totals& totals, std::uint64_t bytes_in_all, RunTime time);
  // Takes the line away, so that other text can be written.
  void clear();

 private:
  bool shown_ = false;
};

// `edge-errors: 2000 events read, 120 matched, 120 delivered, 1880 filtered, 0 sampled out, 0 dead-lettered; 2.8 MB in 0.02 s,
// 140 MB/s`.
// What is zero and rare (dropped, lost, born, ...) is left out.
std::string summary_line(const std::string& pipeline, const Totals& totals, RunTime time);

}  // namespace penstock
