// CSV against a reader that goes byte by byte through a table of states.
#include "tests/fuzz/text_fuzz.h"

using namespace penstock;

namespace {

constexpr std::size_t columns = 3;

const DecoderPlan& by_columns() {
  static const auto plan = make_csv_decoder(Value(ValueMap{{"columns", ValueList{"a", "b", "c"}}})).value().release();
  return *plan;
}
const DecoderPlan& by_header() {
  static const auto plan = make_csv_decoder(Value()).value().release();
  return *plan;
}

struct Reference {
  std::vector<std::string> json;
  std::size_t broken = 0;
};

// Reads one record from the front of `input`; false when a quote is open at the end.
bool read_record(std::string_view input, std::vector<std::string>& fields, std::size_t& size) {
  enum { start, bare, inside, behind } state = start;
  fields.assign(1, "");
  for (std::size_t i = 0; i <= input.size(); ++i) {
    const bool end = i == input.size();
    if (state == inside) {
      if (end) return false;
      if (input[i] != '"')
        fields.back() += input[i];
      else if (i + 1 < input.size() && input[i + 1] == '"')
        fields.back() += input[i++];
      else
        state = behind;
      continue;
    }
    const bool line_end = end || input[i] == '\n' || (input[i] == '\r' && (i + 1 == input.size() || input[i + 1] == '\n'));
    if (line_end) {
      size = end ? i : i + 1;
      if (!end && input[i] == '\r' && i + 1 < input.size()) ++size;
      return true;
    }
    if (input[i] == ',') {
      fields.emplace_back();
      state = start;
    } else if (state == start && input[i] == '"') {
      state = inside;
    } else {
      fields.back() += input[i];
      if (state == start) state = bare;
    }
  }
  return true;
}

std::string to_json(const std::vector<std::string>& fields) {
  std::string json = "{";
  for (std::size_t i = 0; i < fields.size(); ++i)
    json += (i ? ",\"" : "\"") + std::string(1, static_cast<char>('a' + i)) + "\":" + fuzz::quoted(fields[i]);
  return json + "}";
}

Reference read_all(std::string_view input) {
  if (input.substr(0, 3) == "\xef\xbb\xbf") input.remove_prefix(3);
  Reference out;
  std::vector<std::string> fields;
  while (!input.empty()) {
    std::size_t size = 0;
    if (!read_record(input, fields, size)) {
      ++out.broken;
      const std::size_t line = input.find('\n');
      input.remove_prefix(line == std::string_view::npos ? input.size() : line + 1);
      continue;
    }
    const std::string_view record = input.substr(0, size);
    input.remove_prefix(size);
    if (record == "\n" || record == "\r\n" || record == "\r") continue;
    if (fields.size() > columns)
      ++out.broken;
    else
      out.json.push_back(to_json(fields));
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const fuzz::Decoded decoded = fuzz::decode_any_way(by_columns(), input);
  const Reference reference = read_all(input);
  FUZZ_CHECK(decoded.json == reference.json);
  FUZZ_CHECK(decoded.broken.size() == reference.broken);
  fuzz::decode_any_way(by_header(), input);
  return 0;
}
