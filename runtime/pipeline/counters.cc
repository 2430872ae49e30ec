#include "runtime/pipeline/counters.h"

#include <algorithm>

namespace penstock {

Totals& Totals::operator+=(const Totals& other) {
  read += other.read;
  bytes += other.bytes;
  recovered += other.recovered;
  born += other.born;
  filtered += other.filtered;
  sampled_out += other.sampled_out;
  delivered += other.delivered;
  spooled += other.spooled;
  dropped += other.dropped;
  dead_lettered += other.dead_lettered;
  rewound += other.rewound;
  undelivered += other.undelivered;
  matched += other.matched;
  bytes_lost += other.bytes_lost;
  troubles += other.troubles;
  return *this;
}

void Totals::continue_with(const Totals& later) {
  const std::uint64_t handed_over = std::min(spooled, later.recovered);
  *this += later;
  spooled -= handed_over;
  recovered -= handed_over;
}

void SpoolTotals::count(const SinkCounters& sink) {
  recovered = std::max(recovered, sink.recovered.get());
  waiting = std::max(waiting, sink.spooled_events.get());
  late_dead_lettered = std::max(late_dead_lettered, sink.late_dead_lettered.get());
  late_dropped = std::max(late_dropped, sink.late_dropped.get());
}

Totals totals_of(const Counters& counters, const SpoolTotals& spool) {
  Totals out;
  out.read = counters.read.get();
  out.bytes = counters.bytes.get();
  out.recovered = spool.recovered;
  out.born = counters.born.get();
  out.filtered = counters.filtered.get();
  out.sampled_out = counters.sampled_out.get();
  out.rewound = counters.rewound.get();
  out.undelivered = counters.undelivered.get();
  out.matched = counters.matched.get();
  out.bytes_lost = counters.bytes_lost.get();
  out.troubles = counters.troubles.get();
  // What was acked or recovered is at the destination unless it still waits or was refused later on. Of several sinks each may
  // say so of the same event, and the counts are read one after another while their worker goes on: each event is given out once.
  std::uint64_t safe = counters.acked.get() + spool.recovered;
  const auto take = [&safe](std::uint64_t count) {
    count = std::min(count, safe);
    safe -= count;
    return count;
  };
  out.dead_lettered = counters.dead_lettered.get() + take(spool.late_dead_lettered);
  out.dropped = counters.dropped.get() + take(spool.late_dropped);
  out.spooled = take(spool.waiting);
  out.delivered = safe;
  return out;
}

}  // namespace penstock
