// What became of a pipeline's events. For every pipeline, at any time:
//   read + born = delivered + filtered + sampled out + dropped + dead-lettered + undelivered + in flight
#pragma once
#include <atomic>
#include <cstdint>

namespace penstock {

// A plain copy, to be added up and shown.
struct Totals {
  std::uint64_t read = 0;           // events, broken ones too
  std::uint64_t bytes = 0;          // of the sources' (decoded) streams
  std::uint64_t born = 0;           // events that a transform made beyond those it replaced
  std::uint64_t filtered = 0;
  std::uint64_t sampled_out = 0;
  std::uint64_t delivered = 0;
  std::uint64_t dropped = 0;
  std::uint64_t dead_lettered = 0;
  std::uint64_t undelivered = 0;
  std::uint64_t matched = 0;        // reached the sinks
  std::uint64_t bytes_lost = 0;     // lost before they were read (a file truncated or deleted)
  std::uint64_t troubles = 0;       // reports that make the exit status 1

  Totals& operator+=(const Totals& other);
  std::uint64_t settled() const { return delivered + filtered + sampled_out + dropped + dead_lettered + undelivered; }
  // Requires a moment at which nobody counts, or tolerates being a batch off.
  std::uint64_t in_flight() const { return read + born - settled(); }
  bool all_well() const { return dropped == 0 && dead_lettered == 0 && undelivered == 0 && bytes_lost == 0 && troubles == 0; }
};

// Counted by one worker, read by any thread.
class Counters {
 public:
  class Count {
   public:
    void add(std::uint64_t n) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
    std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

   private:
    std::atomic<std::uint64_t> value_{0};
  };

  Count read, bytes, born, filtered, sampled_out, delivered, dropped, dead_lettered, undelivered, matched, bytes_lost, troubles;
  // Bytes that finite sources will read in all; 0 when unknown.
  std::atomic<std::uint64_t> total_bytes{0};

  Totals totals() const;
};

}  // namespace penstock
