#include "runtime/base/log.h"

#include <fmt/format.h>
#include <spdlog/formatter.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "runtime/base/clock.h"

namespace penstock::log {

namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr std::array<std::string_view, 6> level_names = {"trace", "debug", "info", "warn", "error", "off"};
constexpr std::array<std::string_view, 2> format_names = {"text", "json"};

template <class Enum, std::size_t N>
std::optional<Enum> from_name(const std::array<std::string_view, N>& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i)
    if (names[i] == name) return static_cast<Enum>(i);
  return std::nullopt;
}

// Ours are numbered as spdlog's are, up to error.
static_assert(static_cast<int>(Level::trace) == SPDLOG_LEVEL_TRACE && static_cast<int>(Level::error) == SPDLOG_LEVEL_ERROR);
spdlog::level::level_enum to_spdlog(Level level) { return static_cast<spdlog::level::level_enum>(level); }
std::string_view name_of(spdlog::level::level_enum level) { return level_names[static_cast<std::size_t>(level)]; }

using Line = spdlog::memory_buf_t;

void append(Line& line, std::string_view text) { line.append(text.data(), text.data() + text.size()); }

std::string_view view(spdlog::string_view_t text) { return {text.data(), text.size()}; }

void append_plain(Line& line, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n')
      append(line, "\n    ");
    else if ((byte < 0x20 && c != '\t') || byte == 0x7f)
      fmt::format_to(std::back_inserter(line), "\\x{:02x}", byte);
    else
      line.push_back(c);
  }
}

// How many bytes of `text` at its front are one UTF-8 character; 0 when they are none. By the table of RFC 3629 section 4.
std::size_t utf8_character(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  const unsigned least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (at(1) < least || at(1) > most) return 0;
  for (std::size_t i = 2; i < size; ++i)
    if (at(i) < 0x80 || at(i) > 0xbf) return 0;
  return size;
}

void append_json(Line& line, std::string_view text) {
  line.push_back('"');
  while (!text.empty()) {
    const std::size_t size = utf8_character(text);
    const char c = text.front();
    if (size == 0)
      append(line, "\xef\xbf\xbd");
    else if (c == '"' || c == '\\')
      append(line, c == '"' ? "\\\"" : "\\\\");
    else if (c == '\n')
      append(line, "\\n");
    else if (static_cast<unsigned char>(c) < 0x20)
      fmt::format_to(std::back_inserter(line), "\\u{:04x}", static_cast<unsigned>(c));
    else
      append(line, text.substr(0, size));
    text.remove_prefix(size == 0 ? 1 : size);
  }
  line.push_back('"');
}

class TextFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, Line& line) override {
    fmt::format_to(std::back_inserter(line), "{} {:<5} ", format_utc(message.time), name_of(message.level));
    append_plain(line, view(message.logger_name));
    append(line, ": ");
    append_plain(line, view(message.payload));
    line.push_back('\n');
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<TextFormatter>(); }
};

class JsonFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, Line& line) override {
    fmt::format_to(std::back_inserter(line), R"({{"time":"{}","level":"{}","component":)", format_utc(message.time),
                   name_of(message.level));
    append_json(line, view(message.logger_name));
    append(line, ",\"message\":");
    append_json(line, view(message.payload));
    append(line, "}\n");
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<JsonFormatter>(); }
};

// The messages of write_limited: when each was last written and how often it was held back since.
class HeldBack {
 public:
  // Whether to write now; sets how many came since the last one written.
  bool may_write(Level level, std::string_view component, std::string_view message, std::uint64_t& more) {
    const std::lock_guard lock(mutex_);
    const nanoseconds now = monotonic_now();
    auto found = entries_.find(Key(component, message));
    if (found == entries_.end()) {
      if (entries_.size() >= entries_max) forget_quiet(now);
      if (entries_.size() >= entries_max) {
        ++others_;
        return false;
      }
      found = entries_.emplace(Key(component, message), Entry{level, now, 0}).first;
      more = 0;
      return true;
    }
    Entry& entry = found->second;
    if (now - entry.written < seconds(1)) {
      ++entry.more;
      return false;
    }
    more = std::exchange(entry.more, 0);
    entry.written = now;
    return true;
  }

  void tell(bool at_end) {
    const std::lock_guard lock(mutex_);
    const nanoseconds now = monotonic_now();
    for (auto& [key, entry] : entries_) {
      if (entry.more == 0 || (!at_end && now - entry.written < seconds(1))) continue;
      entry.written = now;
      write(entry.level, key.first, fmt::format("{} ({} times more)", key.second, std::exchange(entry.more, 0)));
    }
    if (others_ != 0) write(Level::warn, "log", fmt::format("{} messages of other kinds were held back", std::exchange(others_, 0)));
  }

  void clear() {
    const std::lock_guard lock(mutex_);
    entries_.clear();
    others_ = 0;
  }

 private:
  static constexpr std::size_t entries_max = 256;
  using Key = std::pair<std::string, std::string>;
  struct Entry {
    Level level;
    nanoseconds written;
    std::uint64_t more;
  };

  void forget_quiet(nanoseconds now) {
    std::erase_if(entries_, [&](const auto& item) { return item.second.more == 0 && now - item.second.written >= seconds(1); });
  }

  std::mutex mutex_;
  std::map<Key, Entry> entries_;
  std::uint64_t others_ = 0;
};

struct State {
  State() { configure({}); }
  void configure(const Options& options) {
    if (options.to)
      sink = std::make_unique<spdlog::sinks::ostream_sink_mt>(*options.to, true);
    else
      sink = std::make_unique<spdlog::sinks::stderr_sink_mt>();
    if (options.format == Format::json)
      sink->set_formatter(std::make_unique<JsonFormatter>());
    else
      sink->set_formatter(std::make_unique<TextFormatter>());
    level = options.level;
    held_back.clear();
  }

  std::unique_ptr<spdlog::sinks::sink> sink;
  std::atomic<Level> level = Level::info;
  HeldBack held_back;
};

// The one global of the program: what has gone wrong must be sayable from everywhere.
State& state() {
  static State* const kept = new State;  // never freed: threads may log to the very end
  return *kept;
}

}  // namespace

std::optional<Level> level_from_name(std::string_view name) { return from_name<Level>(level_names, name); }
std::optional<Format> format_from_name(std::string_view name) { return from_name<Format>(format_names, name); }

void configure(const Options& options) { state().configure(options); }

bool enabled(Level level) { return level >= state().level && level != Level::off; }

void write(Level level, std::string_view component, std::string_view message) {
  if (!enabled(level)) return;
  try {
    state().sink->log({spdlog::string_view_t(component.data(), component.size()), to_spdlog(level),
                       spdlog::string_view_t(message.data(), message.size())});
  } catch (const std::exception&) {
    // stderr is closed or its disk full: there is nobody to tell
  }
}

void write_limited(Level level, std::string_view component, std::string_view message) {
  std::uint64_t more = 0;
  if (!enabled(level) || !state().held_back.may_write(level, component, message, more)) return;
  if (more == 0)
    write(level, component, message);
  else
    write(level, component, fmt::format("{} (and {} times more)", message, more));
}

void tell_held_back(bool at_end) { state().held_back.tell(at_end); }

}  // namespace penstock::log
