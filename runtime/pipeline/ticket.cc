#include "runtime/pipeline/ticket.h"

#include <algorithm>

namespace penstock {

Ticket* Ticket::make(std::shared_ptr<StreamAcks> acks, std::uint64_t end, Counters& counters) {
  const std::uint64_t number = acks->window.open(end);
  return new Ticket(std::move(acks), number, counters);
}

std::vector<Ack> Ticket::hand_out(std::uint32_t events, std::size_t sinks) {
  auto* group = new Group(*this, events, sinks);
  counters_.in_flight.add(events);
  ++holders_;
  std::vector<Ack> acks;
  acks.reserve(sinks);
  for (std::size_t i = 0; i < sinks; ++i) acks.emplace_back(group, events);
  return acks;
}

void Ticket::drop(bool undelivered) {
  undelivered_ |= undelivered;
  if (--holders_ != 0) return;
  const auto acks = std::move(acks_);
  if (undelivered_) ++acks->undelivered;
  const bool moved = acks->window.settle(number_, !undelivered_);
  if (moved && acks->on_acked) acks->on_acked(acks->window.acked());
  acks->note_settled();
  delete this;
}

void Ticket::Group::settle(Verdict verdict, std::uint32_t events) {
  if (verdict == Verdict::dead_lettered) dead_lettered_ += events;
  if (verdict == Verdict::dropped) dropped_ += events;
  if (verdict == Verdict::rewound) rewound_ += events;
  if (verdict == Verdict::undelivered) undelivered_ += events;
  open_ -= events;
  if (open_ == 0) finish();
}

// An event counts once, by the worst that happened to it at any sink.
void Ticket::Group::finish() {
  std::uint64_t left = events_;
  const auto take = [&](std::uint64_t count) {
    count = std::min(count, left);
    left -= count;
    return count;
  };
  Counters& counters = ticket_.counters_;
  const std::uint64_t undelivered = take(undelivered_);
  counters.undelivered.add(undelivered);
  const std::uint64_t rewound = take(rewound_);
  counters.rewound.add(rewound);
  counters.dead_lettered.add(take(dead_lettered_));
  counters.dropped.add(take(dropped_));
  counters.acked.add(left);
  counters.in_flight.subtract(events_);
  Ticket& ticket = ticket_;
  delete this;
  ticket.drop(undelivered + rewound != 0);
}

}  // namespace penstock
