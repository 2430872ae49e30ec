#include "runtime/pipeline/counters.h"

namespace penstock {

Totals& Totals::operator+=(const Totals& other) {
  read += other.read;
  bytes += other.bytes;
  born += other.born;
  filtered += other.filtered;
  sampled_out += other.sampled_out;
  delivered += other.delivered;
  dropped += other.dropped;
  dead_lettered += other.dead_lettered;
  undelivered += other.undelivered;
  matched += other.matched;
  bytes_lost += other.bytes_lost;
  troubles += other.troubles;
  return *this;
}

Totals Counters::totals() const {
  Totals out;
  out.read = read.get();
  out.bytes = bytes.get();
  out.born = born.get();
  out.filtered = filtered.get();
  out.sampled_out = sampled_out.get();
  out.delivered = delivered.get();
  out.dropped = dropped.get();
  out.dead_lettered = dead_lettered.get();
  out.undelivered = undelivered.get();
  out.matched = matched.get();
  out.bytes_lost = bytes_lost.get();
  out.troubles = troubles.get();
  return out;
}

}  // namespace penstock
