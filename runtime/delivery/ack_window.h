// Turns acks that come in any order into a position that only moves over what is settled without a gap.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace penstock {

// One for each stream, on its worker's thread. A batch takes a ticket for the offset behind its last byte; acked() is the
// end of the latest ticket that, like every ticket before it, was settled well. One that ended undelivered stops the window
// for good: acked() reaches its start and never passes it, so that a restart reads its events again.
// Memory: 16 bytes for each ticket between the oldest unsettled one and the newest, bounded by what is in flight.
class AckWindow {
 public:
  using Ticket = std::uint64_t;

  // `start`: where the stream begins to be read; acked() until more is settled.
  explicit AckWindow(std::uint64_t start) : newest_end_(start), acked_(start) {}

  // Requires `end` >= the end of the ticket before (an equal one is a batch without bytes of its own).
  Ticket open(std::uint64_t end);
  // To be called once for each ticket. `durable`: delivered, dropped on purpose or in the dead letter; false: undelivered.
  // Returns whether acked() moved.
  bool settle(Ticket ticket, bool durable);

  std::uint64_t acked() const { return acked_; }
  // Tickets without a verdict.
  std::size_t unsettled() const { return unsettled_; }
  // An undelivered ticket stands at the front: acked() will not move again.
  bool stopped() const { return stopped_; }

 private:
  enum class State : std::uint8_t { open, durable, undelivered };
  struct Entry {
    std::uint64_t end;
    State state;
  };

  Entry& at(Ticket ticket) { return ring_[ticket & (ring_.size() - 1)]; }
  bool advance();
  void grow();

  std::vector<Entry> ring_;  // a power of two, or empty
  Ticket first_ = 0;         // the oldest ticket kept
  Ticket next_ = 0;          // the next one given out
  std::uint64_t newest_end_;
  std::uint64_t acked_;
  std::size_t unsettled_ = 0;
  bool stopped_ = false;
};

}  // namespace penstock
