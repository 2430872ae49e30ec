#include "bindings/object/event_time.h"

#include <simdjson.h>

#include "bindings/codec/event_time.h"
#include "bindings/compress/decompressor.h"

namespace penstock::object {

namespace {

using std::chrono::system_clock;

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
  const auto time = time_of(at);
  if (!time) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(*time);
}

}  // namespace penstock::object
