// How long to wait before the next try: exponential backoff with full jitter, so that many senders that failed together do not
// come back together.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <random>

namespace penstock {

// For one worker's thread.
class RetrySchedule {
 public:
  using Milliseconds = std::chrono::milliseconds;
  // A destination that asks for more than this is asked again after this.
  static constexpr Milliseconds retry_after_max = std::chrono::hours(1);

  // Requires 0 < least <= most. `seed`: of the jitter.
  RetrySchedule(Milliseconds least, Milliseconds most, std::uint32_t seed) : least_(least), most_(most), random_(seed) {}

  // Before the try that follows `failures` failed ones (from 1): a random time between `least` and least * 2^failures, which
  // grows no further than `most`. What the destination asked for, up to retry_after_max, when that is longer.
  Milliseconds delay(std::uint32_t failures, std::optional<Milliseconds> retry_after = std::nullopt) {
    const std::int64_t doubled = least_.count() << std::min<std::uint32_t>(failures, 20);
    const std::int64_t ceiling = std::clamp(doubled, least_.count(), most_.count());
    const Milliseconds own(std::uniform_int_distribution<std::int64_t>(least_.count(), ceiling)(random_));
    return std::max(own, std::min(retry_after.value_or(own), retry_after_max));
  }

 private:
  Milliseconds least_;
  Milliseconds most_;
  std::minstd_rand random_;
};

}  // namespace penstock
