// What the sinks of this machine (file, stdout, blackhole) count: they send nothing, so few of the counters are theirs.
#pragma once
#include <vector>

#include "runtime/delivery/sink_counters.h"
#include "runtime/event/ack.h"

namespace penstock {

inline void count_taken(const Ack& ack, SinkCounters& counters) {
  counters.events.add(ack.events());
  counters.queued_events.add(ack.events());
}

// Gives every ack its verdict, delivered or undelivered; `acks` is empty afterwards.
inline void settle_all(std::vector<Ack>& acks, Verdict verdict, SinkCounters& counters) {
  std::vector<Ack> taken;
  taken.swap(acks);
  for (Ack& ack : taken) {
    (verdict == Verdict::delivered ? counters.delivered : counters.undelivered).add(ack.events());
    counters.queued_events.subtract(ack.events());
    ack.settle(verdict);
  }
}

inline void count_written(std::uint64_t plain_bytes, std::uint64_t written_bytes, SinkCounters& counters) {
  counters.packages.add(1);
  counters.plain_bytes.add(plain_bytes);
  counters.wire_bytes.add(written_bytes);
}

}  // namespace penstock
