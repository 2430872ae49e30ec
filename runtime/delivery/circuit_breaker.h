// Whether a destination is down: then one request at a time finds out when it is back, instead of all of them.
#pragma once
#include <algorithm>
#include <cstdint>

namespace penstock {

class CircuitBreaker {
 public:
  // Opens at `failures_max` failures in a row (at least 1).
  explicit CircuitBreaker(std::uint32_t failures_max) : failures_max_(std::max<std::uint32_t>(failures_max, 1)) {}

  void on_success() { failures_ = 0; }
  void on_failure() { ++failures_; }

  bool open() const { return failures_ >= failures_max_; }
  // Failed tries since it opened, the one that opened it included; 0 when closed.
  std::uint32_t failures_open() const { return open() ? failures_ - failures_max_ + 1 : 0; }

 private:
  std::uint32_t failures_max_;
  std::uint32_t failures_ = 0;  // in a row
};

}  // namespace penstock
