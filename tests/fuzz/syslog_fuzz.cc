// Syslog; RFC 5424 messages without structured data against a split at spaces.
#include "tests/fuzz/text_fuzz.h"

using namespace penstock;

namespace {

const DecoderPlan& plan(const char* timestamps) {
  static const auto keep = make_syslog_decoder(Value()).value().release();
  static const auto rfc3339 = make_syslog_decoder(Value(ValueMap{{"timestamps", "rfc3339"}, {"zone", "utc"}})).value().release();
  return timestamps[0] == 'k' ? *keep : *rfc3339;
}

// The end of the JSON text that `<pri>1 - host app proc id - message` must give; empty for other lines.
std::string expected_end(const std::string& line) {
  const std::size_t close = line.find('>');
  if (line[0] != '<' || close == std::string::npos || line.compare(close, 5, ">1 - ") != 0 || line.back() == '\0') return "";
  std::vector<std::string> words;
  std::size_t at = close + 5;
  for (int i = 0; i < 4; ++i) {
    const std::size_t space = line.find(' ', at);
    if (space == std::string::npos || space == at) return "";
    words.push_back(line.substr(at, space - at));
    at = space + 1;
  }
  if (line.compare(at, 2, "- ") != 0) return "";
  std::string message = line.substr(at + 2);
  if (message.starts_with("\xef\xbb\xbf")) message.erase(0, 3);
  const char* names[] = {"hostname", "app_name", "proc_id", "msg_id"};
  std::string json;
  for (int i = 0; i < 4; ++i)
    if (words[i] != "-") json += std::string(",\"") + names[i] + "\":" + fuzz::quoted(words[i]);
  return json + ",\"message\":" + fuzz::quoted(message) + "}";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  fuzz::check_lines(
      fuzz::decode_any_way(plan("keep"), input), input,
      [](const std::string& line, const std::string& json) { FUZZ_CHECK(json.ends_with(expected_end(line))); }, [](const std::string&) {});
  const auto nothing = [](auto&&...) {};
  fuzz::check_lines(fuzz::decode(plan("rfc3339"), input, 0), input, nothing, nothing);
  return 0;
}
