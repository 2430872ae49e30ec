// What became of a pipeline's events. For every pipeline, at any time:
//   read + born + recovered = delivered + spooled + filtered + sampled out + dropped + dead-lettered + rewound + undelivered + in flight
#pragma once
#include <atomic>
#include <cstdint>
#include <string>

#include "runtime/base/counter.h"
#include "runtime/delivery/sink_counters.h"

namespace penstock {

// A plain copy, to be added up and shown.
struct Totals {
  std::uint64_t read = 0;           // events, broken ones too
  std::uint64_t bytes = 0;          // of the sources' (decoded) streams
  std::uint64_t recovered = 0;      // found in sinks' spools at the start
  std::uint64_t born = 0;           // events that a transform made beyond those it replaced
  std::uint64_t filtered = 0;
  std::uint64_t sampled_out = 0;
  std::uint64_t delivered = 0;
  std::uint64_t spooled = 0;        // safe in a sink's spool, waiting for the destination
  std::uint64_t dropped = 0;
  std::uint64_t dead_lettered = 0;
  std::uint64_t rewound = 0;        // taken back with their transaction, and read again
  std::uint64_t undelivered = 0;
  std::uint64_t matched = 0;        // reached the sinks
  std::uint64_t bytes_lost = 0;     // lost before they were read (a file truncated or deleted)
  std::uint64_t troubles = 0;       // reports that make the exit status 1

  Totals& operator+=(const Totals& other);
  // Adds a later run of the same pipeline: what that found in the spool is what this one left there, and counts once.
  void continue_with(const Totals& later);
  std::uint64_t settled() const { return delivered + spooled + filtered + sampled_out + dropped + dead_lettered + rewound + undelivered; }
  // Requires a moment at which nobody counts, or tolerates being a batch off.
  std::uint64_t in_flight() const { return read + born + recovered - settled(); }
  bool all_well() const { return spooled == 0 && dropped == 0 && dead_lettered == 0 && undelivered == 0 && bytes_lost == 0 && troubles == 0; }
};

// Counted by one worker, read by any thread.
struct Counters {
  Count read, bytes, born, filtered, sampled_out, dropped, dead_lettered, rewound, undelivered, matched, bytes_lost, troubles;
  // Every sink has delivered or spooled it.
  Count acked;
  // Given to sinks, without a verdict from all of them.
  Gauge in_flight;
  // Bytes that finite sources will read in all; 0 when unknown.
  std::atomic<std::uint64_t> total_bytes{0};
};

// One stage (or condition of a route) on one worker: counted once per batch, read by any thread.
struct StageCounters {
  StageCounters(std::string stage, bool lua) : name(std::move(stage)), enters_lua(lua) {}
  const std::string name;  // `2:filter`: its place among the pipeline's stages, branches in order, and its type
  const bool enters_lua;
  Count in;                // events it was given
  Count out;               // events that it left, those that it made included
  Count time_ns;           // inside it; counted where it enters Lua
};

// What a pipeline's sinks say about their spools, for the pipeline as a whole: of several sinks the one with the most counts.
// Exact for one sink; of several, an event that waits at one of them may count as delivered, but every event counts once.
struct SpoolTotals {
  std::uint64_t recovered = 0, waiting = 0, late_dead_lettered = 0, late_dropped = 0;
  void count(const SinkCounters& sink);
};

Totals totals_of(const Counters& counters, const SpoolTotals& spool = {});

}  // namespace penstock
