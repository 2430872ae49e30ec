#include "runtime/delivery/delivery_options.h"

#include <algorithm>

#include "runtime/base/units.h"

namespace penstock {

namespace {

std::chrono::milliseconds duration_or(const Value& options, std::string_view name, std::chrono::milliseconds fallback) {
  return std::chrono::milliseconds(options.integer_or(name, fallback.count()));
}

std::uint64_t count_or(const Value& options, std::string_view name, std::uint64_t fallback) {
  return static_cast<std::uint64_t>(options.integer_or(name, static_cast<std::int64_t>(fallback)));
}

Status read_on_full(const Value& options, bool has_state, DeliveryOptions& into) {
  const std::string text = options.string_or("on_full", has_state && !into.disk ? "spool" : "block");
  if (text == "block") {
    into.on_full = OnFull::block;
  } else if (text == "drop") {
    into.on_full = OnFull::drop;
  } else if (text == "spool") {
    into.on_full = OnFull::spool;
  } else {
    return Status(Code::invalid, "on_full is \"block\", \"spool\" or \"drop\", got \"" + text + "\"");
  }
  if (into.spools() && !has_state)
    return Status(Code::invalid, std::string(into.disk ? "buffer.type = \"disk\"" : "on_full = \"spool\"") + " needs a state directory (hint: --state DIR)");
  return {};
}

void read_bounds(const Value& options, DeliveryOptions& into) {
  into.disk = options.string_or("buffer_type", "memory") == "disk";
  (into.disk ? into.spool_bytes_max : into.memory_bytes_max) = count_or(options, "buffer_max_bytes", into.disk ? into.spool_bytes_max : into.memory_bytes_max);
  into.spool_bytes_max = count_or(options, "spool_max_bytes", into.spool_bytes_max);
}

}  // namespace

Result<DeliveryOptions> DeliveryOptions::from(const Value& options, const std::string& state_directory) {
  DeliveryOptions into;
  into.name = options.string_or("name", "");
  into.batch_bytes = std::max<std::uint64_t>(count_or(options, "batch_bytes", into.batch_bytes), 1);
  into.batch_events = count_or(options, "batch_events", into.batch_events);
  into.linger = duration_or(options, "linger_ms", into.linger);
  into.concurrency = std::max(static_cast<int>(options.integer_or("concurrency", into.concurrency)), 1);
  into.ordered = options.bool_or("ordered", into.ordered);
  into.retry_min = std::max(duration_or(options, "retry_min_ms", into.retry_min), std::chrono::milliseconds{1});
  into.retry_max = std::max(duration_or(options, "retry_max_ms", into.retry_max), into.retry_min);
  into.max_attempts = static_cast<std::uint32_t>(count_or(options, "retry_max_attempts", into.max_attempts));
  into.pause = std::max(duration_or(options, "pause_ms", into.pause), std::chrono::milliseconds{1});
  read_bounds(options, into);
  if (Status status = read_on_full(options, !state_directory.empty(), into); !status.ok()) return status;
  // For one worker; with more each has its share, which the sink looks at.
  if (into.spools() && into.spool_bytes_max < 2 * into.batch_bytes)
    return Status(Code::invalid, "the spool's bound of " + human_bytes(into.spool_bytes_max) + " is less than two batches of " + human_bytes(into.batch_bytes));
  return into;
}

}  // namespace penstock
