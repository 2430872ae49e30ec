#include "bindings/kafka/balancer.h"

#include <zlib.h>

#include <algorithm>
#include <functional>
#include <random>
#include <utility>
#include <vector>

namespace penstock::kafka {

namespace {

std::uint32_t fnv1a(ByteView bytes) {
  std::uint32_t hash = 0x811c9dc5;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x01000193;
  return hash;
}

std::uint32_t crc_of(ByteView bytes) { return static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size())); }

// org.apache.kafka.common.utils.Utils.murmur2
std::uint32_t murmur2_of(ByteView bytes) {
  constexpr std::uint32_t m = 0x5bd1e995;
  const auto byte_at = [&](std::size_t at) { return std::uint32_t{static_cast<unsigned char>(bytes[at])}; };
  std::uint32_t h = 0x9747b28c ^ static_cast<std::uint32_t>(bytes.size());
  std::size_t at = 0;
  for (; at + 4 <= bytes.size(); at += 4) {
    std::uint32_t k = byte_at(at) | byte_at(at + 1) << 8 | byte_at(at + 2) << 16 | byte_at(at + 3) << 24;
    k *= m;
    k ^= k >> 24;
    h = h * m ^ k * m;
  }
  if (const std::size_t left = bytes.size() - at; left != 0) {
    for (std::size_t i = left; i-- > 0;) h ^= byte_at(at + i) << (8 * i);
    h *= m;
  }
  h ^= h >> 13;
  h *= m;
  return h ^ h >> 15;
}

class RoundRobin final : public Balancer {
 public:
  explicit RoundRobin(std::uint32_t chunk_size) : chunk_size_(std::max<std::uint32_t>(chunk_size, 1)) {}
  std::int32_t choose(std::optional<ByteView>, std::size_t, std::int32_t partitions) override { return next(partitions); }
  std::int32_t next(std::int32_t partitions) { return static_cast<std::int32_t>(counter_++ / chunk_size_ % static_cast<std::uint32_t>(partitions)); }

 private:
  const std::uint32_t chunk_size_;
  std::uint32_t counter_ = 0;  // wraps
};

class LeastBytes final : public Balancer {
 public:
  std::int32_t choose(std::optional<ByteView> key, std::size_t value_bytes, std::int32_t partitions) override {
    if (totals_.size() != static_cast<std::size_t>(partitions)) begin(partitions);
    std::pop_heap(totals_.begin(), totals_.end(), std::greater<>());
    auto& [bytes, partition] = totals_.back();
    const std::int32_t chosen = partition;
    bytes += (key ? key->size() : 0) + value_bytes;
    std::push_heap(totals_.begin(), totals_.end(), std::greater<>());
    return chosen;
  }

 private:
  void begin(std::int32_t partitions) {
    totals_.clear();
    for (std::int32_t partition = 0; partition < partitions; ++partition) totals_.emplace_back(0, partition);
  }

  std::vector<std::pair<std::uint64_t, std::int32_t>> totals_;  // a heap: the least first, of equal ones the lowest partition
};

class Hash final : public Balancer {
 public:
  std::int32_t choose(std::optional<ByteView> key, std::size_t, std::int32_t partitions) override {
    if (!key) return without_key_.next(partitions);
    const std::int32_t rest = static_cast<std::int32_t>(fnv1a(*key)) % partitions;
    return rest < 0 ? -rest : rest;
  }

 private:
  RoundRobin without_key_{1};
};

class Random {
 public:
  explicit Random(std::uint32_t seed) : random_(seed) {}
  std::int32_t below(std::int32_t partitions) { return std::uniform_int_distribution<std::int32_t>(0, partitions - 1)(random_); }

 private:
  std::minstd_rand random_;
};

class Crc32 final : public Balancer {
 public:
  Crc32(bool consistent, std::uint32_t seed) : consistent_(consistent), random_(seed) {}
  std::int32_t choose(std::optional<ByteView> key, std::size_t, std::int32_t partitions) override {
    if (!consistent_ && key.value_or(ByteView()).empty()) return random_.below(partitions);
    return static_cast<std::int32_t>(crc_of(key.value_or(ByteView())) % static_cast<std::uint32_t>(partitions));
  }

 private:
  const bool consistent_;
  Random random_;
};

class Murmur2 final : public Balancer {
 public:
  Murmur2(bool consistent, std::uint32_t seed) : consistent_(consistent), random_(seed) {}
  std::int32_t choose(std::optional<ByteView> key, std::size_t, std::int32_t partitions) override {
    if (!consistent_ && !key) return random_.below(partitions);
    return static_cast<std::int32_t>((murmur2_of(key.value_or(ByteView())) & 0x7fffffff) % static_cast<std::uint32_t>(partitions));
  }

 private:
  const bool consistent_;
  Random random_;
};

}  // namespace

std::unique_ptr<Balancer> make_balancer(const BalancerOptions& options, std::uint32_t seed) {
  switch (options.kind) {
    case BalancerOptions::Kind::least_bytes: return std::make_unique<LeastBytes>();
    case BalancerOptions::Kind::hash: return std::make_unique<Hash>();
    case BalancerOptions::Kind::round_robin: return std::make_unique<RoundRobin>(options.chunk_size);
    case BalancerOptions::Kind::crc32: return std::make_unique<Crc32>(options.consistent, seed);
    case BalancerOptions::Kind::murmur2: return std::make_unique<Murmur2>(options.consistent, seed);
  }
  return nullptr;
}

}  // namespace penstock::kafka
