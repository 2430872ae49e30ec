// What the process tells its operator: lines on stderr. Events never go here.
//
//   text  2026-11-21T10:00:00.000Z warn  sink.file: /var/out/a.ndjson: No space left on device
//   json  {"time":"2026-11-21T10:00:00.000Z","level":"warn","component":"sink.file","message":"..."}
//
// A secret is never passed to these functions: nothing masks it here. A message may hold any bytes: in text, control
// characters become \xNN and further lines are indented, so that no message can pass for another or steer a terminal; in
// JSON they are escaped and bytes that are not UTF-8 become U+FFFD.
//
// Thread-safe; a call writes one line at once. Build messages with fmt::format in the .cc file, and ask enabled() first
// where that is not rare.
#pragma once
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string_view>

namespace penstock::log {

enum class Level : std::uint8_t { trace, debug, info, warn, error, off };
enum class Format : std::uint8_t { text, json };

// By the names above; nothing for any other.
std::optional<Level> level_from_name(std::string_view name);
std::optional<Format> format_from_name(std::string_view name);

struct Options {
  Level level = Level::info;     // lower levels are not written
  Format format = Format::text;
  std::ostream* to = nullptr;    // for tests: here instead of stderr; must outlive its use
};

// To be called before other threads log. Until then the defaults above hold.
void configure(const Options& options);

bool enabled(Level level);
// `component`: what is speaking, by its public name: `source.file`, `pipeline edge-errors`, `state`.
void write(Level level, std::string_view component, std::string_view message);

inline void trace(std::string_view component, std::string_view message) { write(Level::trace, component, message); }
inline void debug(std::string_view component, std::string_view message) { write(Level::debug, component, message); }
inline void info(std::string_view component, std::string_view message) { write(Level::info, component, message); }
inline void warn(std::string_view component, std::string_view message) { write(Level::warn, component, message); }
inline void error(std::string_view component, std::string_view message) { write(Level::error, component, message); }

// For what may happen with every event: writes the same message of a component at most once a second. The rest is counted,
// and the count is told by the next one written (`... (and 41 times more)`) or by tell_held_back(). Remembers 256 messages;
// others beyond these in one second are counted together.
void write_limited(Level level, std::string_view component, std::string_view message);
// Writes the counts that are still untold, of messages held back for a second or more; all of them when `at_end`. To be
// called about once a second and at the end of the process.
void tell_held_back(bool at_end = false);

}  // namespace penstock::log
