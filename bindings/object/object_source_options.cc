#include "bindings/object/object_source_options.h"

#include <algorithm>

#include "bindings/codec/event_time.h"
#include "runtime/base/clock.h"
#include "runtime/base/units.h"

namespace penstock::object {

namespace {

Status wrong(const std::string& text) { return Status(Code::invalid, text); }

Status read_patterns(const Value& options, std::string_view name, std::vector<PathPattern>& into) {
  for (const std::string& text : options.strings(name)) {
    Result<PathPattern> pattern = PathPattern::parse(text);
    if (!pattern.ok()) return wrong("option '" + std::string(name) + "': " + pattern.status().text());
    into.push_back(*std::move(pattern));
  }
  return {};
}

// A time, or how long before `now`.
Status read_since(const Value& options, ObjectSourceOptions::Time now, ObjectSourceOptions& into) {
  const std::string text = into.since_text = options.string_or("since", "");
  if (text.empty()) return {};
  if (const Result<std::chrono::milliseconds> ago = parse_duration(text); ago.ok()) {
    into.since = now - ago.value();
  } else if (const auto time = parse_event_time(text)) {
    into.since = time;
  } else {
    return wrong("since is a time such as 2026-11-21T10:00:00Z, or so long ago, such as 24h, got \"" + text + "\"");
  }
  return {};
}

Status read_compression(const Value& options, ObjectSourceOptions& into) {
  const std::string name = options.string_or("compression", "auto");
  if (name == "auto") return {};
  into.compression = compression_of_name(name);
  return into.compression ? Status() : wrong("unknown compression '" + name + "'");
}

std::string joined(const std::vector<PathPattern>& patterns) {
  std::string text;
  for (const PathPattern& pattern : patterns) text += "\n" + pattern.text();
  return text;
}

bool any_matches(const std::vector<PathPattern>& patterns, const std::string& key) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const PathPattern& pattern) { return pattern.matches(key); });
}

}  // namespace

Result<ObjectSourceOptions> ObjectSourceOptions::from(Vendor vendor, const Value& options, const credentials::Machine& machine, Time now) {
  Result<StoreOptions> store = StoreOptions::from(vendor, options, machine);
  if (!store.ok()) return store.take_status();
  ObjectSourceOptions into;
  static_cast<StoreOptions&>(into) = *std::move(store);
  into.prefix = options.string_or("prefix", "");
  into.start_after = options.string_or("start_after", "");
  if (Status status = read_patterns(options, "match", into.match); !status.ok()) return status;
  if (Status status = read_patterns(options, "exclude", into.exclude); !status.ok()) return status;
  if (Status status = read_since(options, now, into); !status.ok()) return status;
  if (Status status = read_compression(options, into); !status.ok()) return status;
  using std::chrono::milliseconds;
  into.lookback = milliseconds(options.integer_or("lookback_ms", into.lookback.count()));
  into.follow = options.bool_or("follow", true);
  into.poll = milliseconds(options.integer_or("poll_ms", into.poll.count()));
  into.poll_all = milliseconds(options.integer_or("poll_all_ms", into.poll_all.count()));
  into.objects_open_max = static_cast<std::size_t>(options.integer_or("concurrency", static_cast<std::int64_t>(into.objects_open_max)));
  into.piece_bytes = static_cast<std::size_t>(options.integer_or("piece_bytes", static_cast<std::int64_t>(into.piece_bytes)));
  // One request for each object that is open, and the list.
  into.client.connections_max = static_cast<int>(into.objects_open_max) + 1;
  return into;
}

bool ObjectSourceOptions::takes(const ListedObject& object) const {
  if (object.size == 0 || (since && object.modified < *since)) return false;
  if (!start_after.empty() && object.key <= start_after) return false;
  return (match.empty() || any_matches(match, object.key)) && !any_matches(exclude, object.key);
}

std::string ObjectSourceOptions::selection() const {
  return prefix + "\nafter " + start_after + "\nsince " + since_text + "\nmatch" + joined(match) + "\nexclude" + joined(exclude);
}

std::string ObjectSourceOptions::describe() const {
  return describe_objects(prefix + "*") + (follow ? " (followed)" : " (to its end)");
}

}  // namespace penstock::object
