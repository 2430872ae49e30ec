#include "bindings/sink/file_options.h"

#include <algorithm>
#include <charconv>

namespace penstock {

namespace {

Result<unsigned> parse_mode(const std::string& text) {
  unsigned mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (error != std::errc() || end != text.data() + text.size() || mode > 0777) {
    return Status(Code::invalid, "mode is octal permissions like \"0640\", got \"" + text + "\"");
  }
  return mode;
}

Result<SyncRule> parse_sync(const Value& value) {
  if (value.is_nil()) return SyncRule::automatic;
  if (value.is_bool()) return value.boolean() ? SyncRule::always : SyncRule::never;
  if (value.is_string() && value.string() == "auto") return SyncRule::automatic;
  return Status(Code::invalid, "fsync is \"auto\", true or false, got " + to_text(value));
}

// Numbers that may not be negative (0 included where `least` is 0).
Result<std::uint64_t> parse_count(const Value& options, std::string_view name, std::uint64_t fallback, std::int64_t least) {
  const std::int64_t value = options.integer_or(name, static_cast<std::int64_t>(fallback));
  if (value >= least) return static_cast<std::uint64_t>(value);
  return Status(Code::invalid, std::string(name) + " is at least " + std::to_string(least) + ", got " + std::to_string(value));
}

Status parse_compression(const Value& options, FileSinkOptions& into) {
  const std::string name = options.string_or("compression", "none");
  const std::optional<Compression> compression = compression_of_name(name);
  if (!compression) {
    return Status(Code::invalid, "compression is none, gzip, zlib, snappy, zstd or lz4, got \"" + name + "\"");
  }
  into.compression = *compression;
  const Value& level = options["compression_level"];
  Result<int> checked = check_level(*compression, level.is_nil() ? std::nullopt : std::optional(static_cast<int>(level.integer())));
  if (!checked.ok()) return checked.take_status();
  into.level = *checked;
  return {};
}

Status parse_counts(const Value& options, FileSinkOptions& into) {
  Result<std::uint64_t> rotate_bytes = parse_count(options, "rotate_bytes", 0, 0);
  if (!rotate_bytes.ok()) return rotate_bytes.take_status();
  Result<std::uint64_t> rotate_interval = parse_count(options, "rotate_interval_ms", 0, 0);
  if (!rotate_interval.ok()) return rotate_interval.take_status();
  Result<std::uint64_t> batch_bytes = parse_count(options, "batch_bytes", into.batch_bytes, 1);
  if (!batch_bytes.ok()) return batch_bytes.take_status();
  Result<std::uint64_t> linger = parse_count(options, "linger_ms", 1000, 0);
  if (!linger.ok()) return linger.take_status();
  into.rotate_bytes = *rotate_bytes;
  into.rotate_interval = std::chrono::milliseconds(*rotate_interval);
  constexpr std::uint64_t batch_bytes_max = 1 << 28;
  into.batch_bytes = std::min(*batch_bytes, batch_bytes_max);
  if (into.rotate_bytes != 0) into.batch_bytes = std::min(into.batch_bytes, into.rotate_bytes);
  into.linger = std::chrono::milliseconds(*linger);
  return {};
}

}  // namespace

Result<FileSinkOptions> parse_file_options(const Value& options) {
  FileSinkOptions result;
  Result<PathTemplate> path = PathTemplate::parse(options.string_or("path", ""));
  if (!path.ok()) return path.take_status();
  result.path = std::move(*path);
  result.format = options.string_or("format", "ndjson");
  if (Status status = parse_compression(options, result); !status.ok()) return status;
  if (Status status = parse_counts(options, result); !status.ok()) return status;
  Result<SyncRule> sync = parse_sync(options["fsync"]);
  if (!sync.ok()) return sync.take_status();
  result.sync = *sync;
  Result<unsigned> mode = parse_mode(options.string_or("mode", "0644"));
  if (!mode.ok()) return mode.take_status();
  result.mode = *mode;
  return result;
}

}  // namespace penstock
