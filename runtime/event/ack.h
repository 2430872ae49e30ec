// The word from a sink back to the source. Move-only and with a verdict of its own: an ack cannot be lost silently.
#pragma once
#include <cstdint>
#include <utility>

namespace penstock {

// What became of events at one sink.
enum class Verdict : std::uint8_t {
  delivered,      // durable at the destination
  spooled,        // durable in the sink's spool, which delivers it later, also after a restart: the position may move
  dead_lettered,  // refused for good and kept in the dead letter
  dropped,        // given up because the script says so (on_full = "drop", max_attempts)
  rewound,        // taken back before it was durable; the source reads them again, now or by whoever goes on from its position
  undelivered,    // the run ended first; the source's position must not move past them
};

// Receives verdicts. One for each batch and sink; lives until every event of it has one.
class AckTarget {
 public:
  virtual void settle(Verdict verdict, std::uint32_t events) = 0;

 protected:
  ~AckTarget() = default;
};

// The duty to say what became of `events` events. Belongs to one worker's thread. Destroying it unsettled is a bug of the
// sink; it then counts as undelivered, so that nothing is acked that was not delivered.
class Ack {
 public:
  Ack() = default;
  Ack(AckTarget* target, std::uint32_t events) : target_(target), events_(events) {}
  Ack(Ack&& other) noexcept : target_(std::exchange(other.target_, nullptr)), events_(std::exchange(other.events_, 0)) {}
  Ack& operator=(Ack&& other) noexcept {
    if (this != &other) {
      settle(Verdict::undelivered);
      target_ = std::exchange(other.target_, nullptr);
      events_ = std::exchange(other.events_, 0);
    }
    return *this;
  }
  ~Ack() { settle(Verdict::undelivered); }

  std::uint32_t events() const { return events_; }
  // Hands the duty for `events` of them to a new ack. Requires 0 < events <= this->events().
  Ack split(std::uint32_t events) {
    Ack part(target_, events);
    events_ -= events;
    if (events_ == 0) target_ = nullptr;
    return part;
  }
  // All that are left get this verdict; the ack is used up.
  void settle(Verdict verdict) { settle_some(verdict, events_); }
  // `events` of them get this verdict. Requires events <= this->events().
  void settle_some(Verdict verdict, std::uint32_t events) {
    if (!target_) return;
    AckTarget* target = target_;
    events_ -= events;
    if (events_ == 0) target_ = nullptr;
    target->settle(verdict, events);
  }

 private:
  AckTarget* target_ = nullptr;
  std::uint32_t events_ = 0;
};

}  // namespace penstock
