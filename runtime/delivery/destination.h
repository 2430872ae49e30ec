// What one worker knows about its destination: whether it takes requests now, how many, and when to ask again.
#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <string>

#include "runtime/delivery/circuit_breaker.h"
#include "runtime/delivery/concurrency_limit.h"
#include "runtime/delivery/delivery_options.h"
#include "runtime/delivery/retry_schedule.h"
#include "runtime/delivery/sink_counters.h"
#include "runtime/delivery/transport.h"

namespace penstock {

// Shared by a sink's workers, so that users are told of trouble once and not once for each worker. Thread-safe.
class TroubleNotice {
 public:
  enum class Kind : std::uint8_t { down, paused };
  // Returns whether this worker is the first to say so: tell.
  bool begin(Kind kind) { return workers_[static_cast<std::size_t>(kind)].fetch_add(1) == 0; }
  // Returns whether it was the last: tell.
  bool end(Kind kind) { return workers_[static_cast<std::size_t>(kind)].fetch_sub(1) == 1; }

 private:
  std::array<std::atomic<int>, 2> workers_{};
};

// Three states. ok: as many requests as the concurrency limit allows. Down (the breaker is open): one at a time, at the beat of
// the retry schedule. Paused (somebody has to mend something): one at a time, every `pause`. A request that was sent in the
// last two and is delivered ends them. When it asks for time (Retry-After) nothing is sent until then, or until a request that was
// sent later is delivered; for 30 s and more users are told. All times are the scheduler's. One worker's thread.
class Destination {
 public:
  using Milliseconds = std::chrono::milliseconds;
  using Tell = std::function<void(const std::string&)>;

  // `counters` and `notice` outlive it. `tell` gets a text for the user at each change of state.
  Destination(const DeliveryOptions& options, SinkCounters& counters, TroubleNotice& notice, Tell tell, std::uint32_t seed);
  ~Destination();
  Destination(const Destination&) = delete;
  Destination& operator=(const Destination&) = delete;

  // How many requests may be in flight now.
  int allowed(Milliseconds now) const;
  // The same, once it takes requests again.
  int limit() const { return in_trouble() ? 1 : limit_.current(); }
  // Before this nothing may be sent at all.
  Milliseconds opens_at() const { return opens_at_; }
  // Down or paused.
  bool in_trouble() const { return paused_ || breaker_.open(); }

  // A request is sent; with it, `in_flight` are.
  void on_send(int in_flight, Milliseconds now);
  // What came of a request that was sent at `started`. For transient failures: when its package may be tried again, as far
  // as the package alone is concerned; it has now failed `failures` times.
  void on_delivered(Milliseconds started, Milliseconds now, std::chrono::microseconds latency);
  Milliseconds on_transient(Milliseconds started, Milliseconds now, const Answer& answer, std::uint32_t failures);
  void on_configuration(Milliseconds now, const Answer& answer);
  // It answers, and does not want these events: it is well, as far as it is not paused.
  void on_data(Milliseconds now);

 private:
  using Kind = TroubleNotice::Kind;

  void wait_as_asked(Milliseconds started, Milliseconds now, Milliseconds delay, const Answer& answer);
  void recover(Milliseconds now, const char* text);
  void begin_trouble(Kind kind, Milliseconds now, const std::string& text);
  bool end_notices();
  void publish(Milliseconds now);

  const Milliseconds pause_;
  SinkCounters& counters_;
  TroubleNotice& notice_;
  Tell tell_;
  RetrySchedule schedule_;
  CircuitBreaker breaker_;
  ConcurrencyLimit limit_;
  Milliseconds opens_at_{0};
  Milliseconds asked_by_{-1};  // when the latest request was sent whose answer asked for time
  Milliseconds trouble_since_{0};  // in_trouble(): since when; a request from before says nothing new
  bool paused_ = false;
  std::array<bool, 2> noticed_{};  // by kind: counted in notice_
};

}  // namespace penstock
