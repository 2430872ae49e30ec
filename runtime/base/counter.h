// Numbers that one thread counts and any thread reads: what summaries, metrics and status are made of.
#pragma once
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace penstock {

// Only grows (but for a correction by its own thread).
class Count {
 public:
  void add(std::uint64_t n) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Goes up and down.
class Gauge {
 public:
  void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  void add(std::uint64_t n) { set(get() + n); }
  void subtract(std::uint64_t n) { set(get() - n); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// How often values of each power of two were seen: bucket i counts the values v with 2^(i-1) < v <= 2^i (bucket 0: 0 and 1),
// the last one whatever is larger too. Its unit is its name's: latency_us, batch_bytes.
class Histogram {
 public:
  static constexpr std::size_t buckets = 41;  // up to 2^40: 18 minutes in nanoseconds, 12 days in microseconds, 1 TiB

  void add(std::uint64_t value) {
    const std::size_t bucket = value <= 1 ? 0 : static_cast<std::size_t>(std::bit_width(value - 1));
    counts_[bucket < buckets ? bucket : buckets - 1].add(1);
    sum_.add(value);
  }
  // Upper bound of a bucket, inclusive.
  static constexpr std::uint64_t bound(std::size_t bucket) { return std::uint64_t{1} << bucket; }
  std::uint64_t count(std::size_t bucket) const { return counts_[bucket].get(); }
  std::uint64_t sum() const { return sum_.get(); }

 private:
  std::array<Count, buckets> counts_;
  Count sum_;
};

}  // namespace penstock
