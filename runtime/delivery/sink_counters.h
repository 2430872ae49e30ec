// What a sink counts, beside what its pipeline counts: read by the metrics, the status and the summary.
#pragma once
#include <atomic>
#include <mutex>
#include <string>

#include "runtime/base/counter.h"
#include "runtime/base/own_metrics.h"

namespace penstock {

// How a sink gets on, for people.
enum class SinkState : std::uint8_t { ok, retrying, paused };

// Written by the sink's worker, read by any thread. For every sink, at any time:
//   events + recovered = delivered + dead_lettered + dropped + rewound + undelivered + queued_events + spooled_events
struct SinkCounters {
  Count events;          // taken from the pipeline
  Count recovered;       // found in the spool at the start
  Count delivered;       // events that the destination took
  Count dead_lettered, dropped, rewound, undelivered;
  // Of those, events that had been acked as spooled before: the pipeline has to count them once more.
  Count late_dead_lettered, late_dropped;
  Gauge queued_events, queued_bytes;  // in memory, requests in flight included
  Gauge spooled_events, spooled_bytes, spooled_files;
  Count spool_damaged_files;          // set aside
  Count lost_events;                  // of damaged files, as far as known

  Count packages;        // delivered
  Count plain_bytes, wire_bytes;  // of those, before and after compression
  Count attempts;        // requests made
  Count transient_failures, configuration_failures, data_failures;
  Count splits;          // packages that were halved
  Gauge in_flight;       // requests
  Gauge concurrency;     // requests that may be in flight now
  Histogram package_events, package_bytes;
  Histogram latency_us;       // of a request that succeeded
  Histogram delivery_us;      // from the oldest event of a package taken to the package delivered
  Histogram spool_write_us;   // write, fsync and rename of one file

  std::atomic<SinkState> state{SinkState::ok};
  OwnMetrics own;  // what its kind of sink has beside these

  void note_failure(const std::string& text) {
    const std::lock_guard lock(mutex_);
    last_failure_ = text;
  }
  std::string last_failure() const {
    const std::lock_guard lock(mutex_);
    return last_failure_;
  }

 private:
  mutable std::mutex mutex_;  // guards what follows
  std::string last_failure_;
};

}  // namespace penstock
