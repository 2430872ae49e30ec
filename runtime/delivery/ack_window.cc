#include "runtime/delivery/ack_window.h"

#include <cassert>
#include <utility>

namespace penstock {

AckWindow::Ticket AckWindow::open(std::uint64_t end) {
  assert(end >= newest_end_);
  newest_end_ = end;
  ++unsettled_;
  const Ticket ticket = next_++;
  if (stopped_) {
    first_ = next_;  // nothing behind the stop is worth keeping
    return ticket;
  }
  if (next_ - first_ > ring_.size()) grow();
  at(ticket) = {end, State::open};
  return ticket;
}

bool AckWindow::settle(Ticket ticket, bool durable) {
  assert(ticket < next_ && unsettled_ > 0);
  --unsettled_;
  if (stopped_) return false;
  assert(ticket >= first_ && at(ticket).state == State::open);
  at(ticket).state = durable ? State::durable : State::undelivered;
  return ticket == first_ && advance();
}

bool AckWindow::advance() {
  const std::uint64_t before = acked_;
  for (; first_ < next_ && at(first_).state == State::durable; ++first_) acked_ = at(first_).end;
  if (first_ < next_ && at(first_).state == State::undelivered) {
    stopped_ = true;
    first_ = next_;
  }
  return acked_ != before;
}

void AckWindow::grow() {
  std::vector<Entry> bigger(ring_.empty() ? 16 : ring_.size() * 2);
  // The ticket that asked for room has no entry yet.
  for (Ticket ticket = first_; ticket + 1 < next_; ++ticket) bigger[ticket & (bigger.size() - 1)] = at(ticket);
  ring_ = std::move(bigger);
}

}  // namespace penstock
