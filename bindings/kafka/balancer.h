// Which partition a message goes to. The five ways and their names are those of kafka-go (segmentio/kafka-go, balancer.go), each
// choosing what it chooses there, so that a topic that is written by both keeps a key in one partition.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>

#include "runtime/base/bytes.h"

namespace penstock::kafka {

struct BalancerOptions {
  enum class Kind : std::uint8_t {
    // The partition that got the fewest bytes (key and value) so far, the lowest of several. Begins anew when their number changes.
    least_bytes,
    // FNV-1a of the key, signed, its remainder made positive; without a key in turn.
    hash,
    // In turn, `chunk_size` messages at a time, whatever their key.
    round_robin,
    // CRC-32 (IEEE) of the key, as librdkafka's `consistent_random`; an absent or empty key: random, or with `consistent` the first.
    crc32,
    // murmur2 of the key, as the Java client; an absent key: random, or with `consistent` as an empty one.
    murmur2,
  };
  Kind kind = Kind::hash;
  bool consistent = false;       // crc32, murmur2
  std::uint32_t chunk_size = 1;  // round_robin; 0 counts as 1
};

// One worker's. Messages are to be asked for in the order in which they come.
class Balancer {
 public:
  virtual ~Balancer() = default;
  // From 0 to partitions - 1. Requires partitions > 0. A key that is absent and one that is empty differ.
  virtual std::int32_t choose(std::optional<ByteView> key, std::size_t value_bytes, std::int32_t partitions) = 0;
};

// `seed`: of what is random.
std::unique_ptr<Balancer> make_balancer(const BalancerOptions& options, std::uint32_t seed);

}  // namespace penstock::kafka
