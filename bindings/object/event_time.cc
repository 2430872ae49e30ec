#include "bindings/object/event_time.h"

#include <simdjson.h>

#include <charconv>
#include <cstdlib>

#include "bindings/compress/decompressor.h"
#include "runtime/base/timestamp.h"

namespace penstock::object {

namespace {

using std::chrono::system_clock;

// 10^11 seconds are in the year 5138, 10^11 milliseconds in 1973: what is between them is told apart.
std::optional<system_clock::time_point> parse_number(std::string_view text) {
  std::int64_t value = 0;
  const std::string_view whole = text.substr(0, text.find('.'));
  const auto [end, error] = std::from_chars(whole.data(), whole.data() + whole.size(), value);
  if (whole.empty() || error != std::errc() || end != whole.data() + whole.size() || value < 0) return std::nullopt;
  for (const char c : text.substr(whole.size())) {
    if (c != '.' && (c < '0' || c > '9')) return std::nullopt;
  }
  constexpr std::int64_t bound = 100'000'000'000;
  std::int64_t unit = 1;
  while (unit < 1'000'000'000 && value / unit >= bound) unit *= 1000;
  return system_clock::time_point(std::chrono::seconds(value / unit));
}

// The body's first `size` bytes, decompressed; fewer when there are fewer, or it is damaged.
std::string first_bytes(const Package& package, std::size_t size) {
  const auto compression = compression_of_name(package.form.compression);
  if (!compression) return "";
  std::string plain(size, '\0');
  std::size_t filled = 0;
  const std::unique_ptr<Decompressor> decompressor = make_decompressor(*compression);
  ByteView body = package.body.view();
  while (filled < size) {
    const Result<Progress> step = decompressor->step(body, {plain.data() + filled, size - filled});
    if (!step.ok() || (step.value().consumed == 0 && step.value().produced == 0)) break;
    body.remove_prefix(step.value().consumed);
    filled += step.value().produced;
  }
  plain.resize(filled);
  return plain;
}

std::optional<system_clock::time_point> time_of(const simdjson::dom::element& value) {
  if (std::string_view text; value.get(text) == simdjson::SUCCESS) return parse_event_time(text);
  if (std::uint64_t number = 0; value.get(number) == simdjson::SUCCESS) return parse_event_time(std::to_string(number));
  if (double number = 0; value.get(number) == simdjson::SUCCESS && number >= 0 && number < 1e18) return parse_event_time(std::to_string(static_cast<std::int64_t>(number)));
  return std::nullopt;
}

}  // namespace

std::optional<system_clock::time_point> parse_event_time(std::string_view text) {
  if (const auto date = parse_rfc3339(text)) return date;
  return parse_number(text);
}

std::optional<system_clock::time_point> first_event_time(const Package& package, const Path& path) {
  if (package.entry_bytes.empty() || package.entry_bytes.front() > first_event_bytes_max) return std::nullopt;
  const std::string plain = first_bytes(package, package.form.prefix_bytes + package.entry_bytes.front());
  if (plain.size() <= package.form.prefix_bytes) return std::nullopt;
  simdjson::dom::parser parser;
  simdjson::dom::element at;
  if (parser.parse(simdjson::padded_string(std::string_view(plain).substr(package.form.prefix_bytes))).get(at) != simdjson::SUCCESS) return std::nullopt;
  for (const auto& name : path) {
    simdjson::dom::element next;
    if (at.at_key(name).get(next) != simdjson::SUCCESS) return std::nullopt;
    at = next;
  }
  return time_of(at);
}

}  // namespace penstock::object
