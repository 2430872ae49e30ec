// Collects custom fields of an event of any bytes, and of header text, a Cookie header and lists of any bytes: what leaves is valid JSON.
#include <cstdlib>

#include "bindings/stage/custom_fields_stage.h"
#include "runtime/event/json_text.h"
#include "tests/unit/bindings/stage/staged_lines.h"

namespace {

using namespace penstock;

std::string quoted(const std::string& text) {
  Buffer out;
  json::append_quoted(out, text);
  return std::string(out.view());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  StagedLines stages;
  stages.then(made(make_custom_fields_stage, {{"request_headers", ValueList{"a", "b"}}, {"response_headers", ValueList{"a"}}, {"cookies", ValueList{"a", "c"}}}));
  const std::string string = quoted(text);
  for (const std::string& line : {text, R"({"RequestHeaders":)" + string + R"(,"Cookies":)" + string + R"(,"CustomFields":{"a":1}})", R"({"RequestHeaders":[)" + string + "]}",
                                  R"({"ResponseHeaders":)" + text + "}"}) {
    for (const std::string& event : stages.run({line}).events)
      if (!json::valid(event)) std::abort();
  }
  return 0;
}
