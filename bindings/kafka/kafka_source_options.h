// What a script says about a `kafka` source, checked. Schema: scripts/stdlib/penstock/schema/source/kafka.lua.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "bindings/kafka/client_options.h"
#include "bindings/kafka/partition_stream.h"
#include "runtime/base/value.h"

namespace penstock::kafka {

// Where a partition begins that the group has no position for.
struct Start {
  enum class Kind : std::uint8_t { earliest, latest, time };
  Kind kind = Kind::earliest;
  std::int64_t time_ms = 0;  // since 1970: the first message that is not older

  // As the protocol's ListOffsets names it: -2, -1 or a time.
  std::int64_t timestamp() const { return kind == Kind::earliest ? -2 : kind == Kind::latest ? -1 : time_ms; }
};

struct KafkaSourceOptions {
  ClientOptions client;
  std::vector<std::string> topics;  // one that begins with ^ is a pattern
  std::string group;
  std::string instance_id;          // empty: a dynamic member
  Start start;
  bool follow = true;
  bool read_uncommitted = false;
  std::uint64_t prefetch_bytes_max = 0;  // on each worker
  std::chrono::milliseconds session_timeout{0};
  std::chrono::milliseconds handover_timeout{0};
  std::chrono::milliseconds commit_interval{0};
  PartitionSettings partitions;
  bool exactly_once = false;        // positions are committed with transactions, by the sink

  // `now_ms`: since 1970, for a start that is so long ago. `exactly_once`: the pipeline's delivery. Code::invalid says which option is
  // wrong.
  static Result<KafkaSourceOptions> from(const Value& options, std::int64_t now_ms, bool exactly_once = false);

  // Of a group's member, or of a reader of its own (follow = false), on a worker.
  Result<Conf> conf(int worker) const;
  // `kafka orders (broker-1:9092), group edge`
  std::string describe() const;
};

// Messages that librdkafka holds at most, beside the bound in bytes: each takes some 200 bytes more than its text.
inline constexpr std::size_t prefetch_messages_max = 100'000;

}  // namespace penstock::kafka
