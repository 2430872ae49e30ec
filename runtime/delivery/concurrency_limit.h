// How many requests a destination bears at once, found by trying: additive increase, multiplicative decrease.
#pragma once
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

namespace penstock {

// Between 1 and `most`. A round is as many answers as the limit allows requests. After a round in which the limit was reached
// and whose mean latency is good, one more request is allowed; after one whose latency is bad, half as many. Good and bad are
// relative to the best of the last rounds: a destination that has become slower for good is the new normal once they are over.
// A failure halves at once, but not again for requests that were under way then.
class ConcurrencyLimit {
 public:
  using Microseconds = std::chrono::microseconds;
  static constexpr int start = 2;
  static constexpr std::size_t rounds_remembered = 64;

  // Requires most >= 1.
  explicit ConcurrencyLimit(int most) : most_(most), current_(std::min(start, most)) {}

  int current() const { return current_; }

  // A request is sent; with it, `in_flight` are.
  void on_send(int in_flight) { reached_ |= in_flight >= current_; }
  void on_success(Microseconds latency) {
    latency_sum_ += latency;
    if (++answers_ >= current_) end_round();
  }
  // Both times on the same clock. `started`: when the request that failed was sent.
  void on_failure(std::chrono::milliseconds started, std::chrono::milliseconds now) {
    if (started < last_cut_) return;
    last_cut_ = now;
    halve();
  }

 private:
  static constexpr Microseconds good_slack{10'000};  // jitter of a quick destination is no sign of load
  static constexpr Microseconds bad_slack{50'000};

  void end_round() {
    const Microseconds mean = latency_sum_ / answers_;
    best_[round_++ % rounds_remembered] = mean;
    const std::size_t known = std::min(round_, rounds_remembered);
    const Microseconds best = *std::min_element(best_.begin(), best_.begin() + static_cast<std::ptrdiff_t>(known));
    if (mean > 4 * best + bad_slack) {
      halve();
    } else if (reached_ && mean <= 2 * best + good_slack) {
      current_ = std::min(current_ + 1, most_);
    }
    begin_round();
  }
  void halve() {
    current_ = std::max(current_ / 2, 1);
    begin_round();
  }
  void begin_round() {
    answers_ = 0;
    latency_sum_ = Microseconds{0};
    reached_ = false;
  }

  int most_;
  int current_;
  int answers_ = 0;
  Microseconds latency_sum_{0};
  bool reached_ = false;
  std::size_t round_ = 0;
  std::array<Microseconds, rounds_remembered> best_{};  // mean latencies of the last rounds
  std::chrono::milliseconds last_cut_{-1};
};

}  // namespace penstock
