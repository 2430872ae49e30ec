// The fate of one batch: adds up the verdicts of every sink and then moves the stream's position.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/delivery/ack_window.h"
#include "runtime/event/ack.h"
#include "runtime/pipeline/counters.h"

namespace penstock {

// What outlives a stream while its batches are still on their way.
struct StreamAcks {
  AckWindow window;
  std::function<void(std::uint64_t)> on_acked;  // cleared when the stream is closed
  std::function<void()> on_settled = {};        // cleared when it was called, and when the stream is closed
  std::function<std::uint64_t(std::uint64_t)> locate = {};  // StreamOptions::locate; cleared when the stream is closed
  std::uint64_t undelivered = 0;                // batches
  // Events that turned out to be broken only when they were about to be emitted, since the stream last looked.
  std::uint64_t invalid = 0;
  std::string invalid_reason = {};              // of the first
  std::uint64_t invalid_offset = 0;
  bool ended = false;                           // nothing more will be opened in the window

  bool settled() const { return ended && window.unsettled() == 0; }
  void note_settled() {
    if (!settled() || !on_settled) return;
    const std::function<void()> call = std::exchange(on_settled, nullptr);
    call();
  }
};

// Made when a batch is decoded, gone when the last of its events has a verdict from every sink. One worker's thread.
class Ticket {
 public:
  // The maker holds it until release().
  static Ticket* make(std::shared_ptr<StreamAcks> acks, std::uint64_t end, Counters& counters);

  // Acks for `events` events that go to `sinks` sinks, each event to all of them: one Ack for each sink.
  std::vector<Ack> hand_out(std::uint32_t events, std::size_t sinks);
  // The maker is done: the batch is settled once all acks are. `durable`: what it did not hand out is done with for good
  // (filtered, or in the dead letter).
  void release(bool durable) { drop(!durable); }

 private:
  // Events that go to the same sinks.
  class Group final : public AckTarget {
   public:
    Group(Ticket& ticket, std::uint32_t events, std::size_t sinks) : ticket_(ticket), events_(events), open_(events * sinks) {}
    void settle(Verdict verdict, std::uint32_t events) override;

   private:
    void finish();

    Ticket& ticket_;
    std::uint32_t events_;
    std::uint64_t open_;
    std::uint64_t dead_lettered_ = 0, dropped_ = 0, rewound_ = 0, undelivered_ = 0;
  };

  Ticket(std::shared_ptr<StreamAcks> acks, std::uint64_t number, Counters& counters)
      : acks_(std::move(acks)), number_(number), counters_(counters) {}
  ~Ticket() = default;
  void drop(bool undelivered);

  std::shared_ptr<StreamAcks> acks_;
  std::uint64_t number_;
  Counters& counters_;
  std::uint32_t holders_ = 1;
  bool undelivered_ = false;
};

}  // namespace penstock
