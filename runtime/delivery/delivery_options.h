// The options that every sink which sends over a network has (schema: scripts/stdlib/penstock/schema/delivery.lua).
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

#include "runtime/base/status.h"
#include "runtime/base/value.h"

namespace penstock {

enum class OnFull : std::uint8_t { block, spool, drop };

struct DeliveryOptions {
  std::string name;                         // the sink's own, which names its spool; empty: its place among the sinks

  // A package is closed when one of these is reached.
  std::uint64_t batch_bytes = 1024 * 1024;  // encoded, before compression
  std::uint64_t batch_events = 0;           // 0: however many
  std::chrono::milliseconds linger{500};    // of the oldest event

  int concurrency = 8;     // requests in flight, at most, on each worker; the limit in force adapts below it
  bool ordered = false;    // one request at a time, and no package overtakes another
  std::chrono::milliseconds retry_min{250};
  std::chrono::milliseconds retry_max{30'000};
  std::uint32_t max_attempts = 0;                    // 0: for as long as it takes
  std::chrono::milliseconds pause{30'000};           // between tries after a configuration failure
  std::uint32_t breaker_failures = 5;                // in a row: then one request at a time probes

  bool disk = false;                                 // everything goes through the spool (buffer.type = "disk")
  std::uint64_t memory_bytes_max = 64 * 1024 * 1024;  // of queued packages, on each worker
  std::uint64_t spool_bytes_max = 1024 * 1024 * 1024;  // on disk, for the sink (each worker has its share)
  OnFull on_full = OnFull::block;

  // Whether packages may go to disk: then there is a state directory.
  bool spools() const { return disk || on_full == OnFull::spool; }

  // `options` are those of the Lua side, checked, defaults filled in. `state_directory`: empty when there is none, which decides
  // on_full's default and makes what needs a spool an error (Code::invalid).
  static Result<DeliveryOptions> from(const Value& options, const std::string& state_directory);
};

}  // namespace penstock
