// Access logs against a reference that walks the line byte by byte. The format has a field of each type and quoted ones.
#include <optional>

#include "tests/fuzz/text_fuzz.h"

using namespace penstock;

namespace {

const DecoderPlan& as_written() {
  static const auto plan = make_nginx_decoder(Value(ValueMap{{"log_format", R"($host [$time] "$agent" $status "$referer")"}, {"unescape", false}})).value().release();
  return *plan;
}
const DecoderPlan& combined() {
  static const auto plan = make_nginx_decoder(Value()).value().release();
  return *plan;
}

// Moves bytes to `out` until `stop` stands at the front, and takes it away; when `quoted`, a backslash takes the next byte along.
bool take_until(std::string_view& line, std::string_view stop, bool quoted, std::string& out) {
  while (!line.starts_with(stop)) {
    if (line.empty()) return false;
    const std::size_t size = quoted && line[0] == '\\' && line.size() > 1 ? 2 : 1;
    out += line.substr(0, size);
    line.remove_prefix(size);
  }
  line.remove_prefix(stop.size());
  return true;
}

void add(std::string& json, const char* name, const std::string& value, bool number = false) {
  if (value == "-") return;
  if (json.size() > 1) json += ',';
  json += std::string("\"") + name + "\":" + (number && json::valid_number(value) ? value : fuzz::quoted(value == "\"\"" ? "" : value));
}

std::optional<std::string> reference(std::string_view line) {
  std::string host, time, agent, status, referer;
  if (!take_until(line, " [", false, host) || !take_until(line, "] \"", false, time) || !take_until(line, "\" ", true, agent) ||
      !take_until(line, " \"", false, status) || !take_until(line, "\"", true, referer) || !line.empty())
    return std::nullopt;
  std::string json = "{";
  add(json, "host", host);
  add(json, "time", time);
  add(json, "agent", agent);
  add(json, "status", status, true);
  add(json, "referer", referer);
  return json + "}";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  fuzz::check_lines(
      fuzz::decode_any_way(as_written(), input), input,
      [](const std::string& line, const std::string& json) { FUZZ_CHECK(reference(line) == json); },
      [](const std::string& line) { FUZZ_CHECK(!reference(line)); });
  const auto nothing = [](auto&&...) {};
  fuzz::check_lines(fuzz::decode_any_way(combined(), input), input, nothing, nothing);
  return 0;
}
