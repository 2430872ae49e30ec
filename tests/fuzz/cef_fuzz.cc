// CEF; the header against a split at bars.
#include "tests/fuzz/text_fuzz.h"

using namespace penstock;

namespace {

const DecoderPlan& plan() {
  static const auto made = make_cef_decoder(Value()).value().release();
  return *made;
}

// The header's values; fewer than seven when it is cut short.
std::vector<std::string> split_header(const std::string& line) {
  std::vector<std::string> out;
  std::size_t at = line.find("CEF:");
  if (at == std::string::npos) return out;
  out.emplace_back();
  for (at += 4; at < line.size() && out.size() <= 7; ++at) {
    const bool pair = line[at] == '\\' && at + 1 < line.size();
    if (pair && line[at + 1] != '|' && line[at + 1] != '\\') out.back() += line[at];
    if (line[at] == '|')
      out.emplace_back();
    else
      out.back() += pair ? line[++at] : line[at];
  }
  out.resize(std::min<std::size_t>(out.size(), 7));
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  fuzz::check_lines(
      fuzz::decode_any_way(plan(), input), input,
      [](const std::string& line, const std::string& json) {
        const std::vector<std::string> header = split_header(line);
        FUZZ_CHECK(header.size() == 7);
        // A key of the extension may replace a header field, so only headers alone are compared.
        if (line.find('=') != std::string::npos) return;
        FUZZ_CHECK(json.find("\"device_vendor\":" + fuzz::quoted(header[1]) + ",") != std::string::npos);
        FUZZ_CHECK(json.ends_with("\"severity\":" + fuzz::quoted(header[6]) + "}"));
      },
      [](const std::string&) {});
  return 0;
}
