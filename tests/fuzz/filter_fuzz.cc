// Any bytes as a filter: parsing must not crash, what parses must print a text that parses to the same, and both must say the
// same of events, the second time with scratch memory used before.
#include <cstdio>
#include <cstdlib>

#include "runtime/filter/parser.h"
#include "runtime/filter/predicate.h"

namespace {

using penstock::Base;
using penstock::Batch;
using penstock::SlotTable;
namespace filter = penstock::filter;

constexpr const char* events[] = {
    R"({})",
    R"({"a":1,"b":"x","c":null,"d":true,"status":503,"path":"/api/v1"})",
    R"({"a":"1.0","b":-0.5e3,"c":[1,"x",null,[2]],"d":{"e":"10.1.2.3","f":[]},"status":"503"})",
    R"({"a":"\u0041\n\"","b":"","c":9007199254740993,"d":1e400,"path":"\u002fAPI"})",
    R"({"a":1x,"b":"\u12","c":[1,})",
};

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

unsigned verdicts(const filter::Expression& expression) {
  SlotTable slots;
  const filter::Predicate predicate(std::make_shared<const filter::Expression>(expression), slots);
  Batch batch(slots);
  unsigned out = 0;
  for (const char* json : events) {
    penstock::Event& event = batch.add(json, 0, Base::json);
    const bool first = predicate.matches(event);
    require(predicate.matches(event) == first, "a second look says otherwise");
    out = out * 2 + first;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto parsed = filter::parse({reinterpret_cast<const char*>(data), size});
  if (!parsed.ok()) {
    require(parsed.status().text().ends_with('^') || parsed.status().code() == penstock::Code::limit, "an error without a caret");
    return 0;
  }
  const std::string text = to_text(parsed.value());
  // The canonical spelling may be the longer one.
  if (text.size() > filter::text_bytes_max) return 0;
  const auto again = filter::parse(text);
  require(again.ok(), "the printed text does not parse");
  require(again.value() == parsed.value(), "the printed text parses to something else");
  require(to_text(again.value()) == text, "the printed text is not canonical");
  require(verdicts(parsed.value()) == verdicts(again.value()), "the printed text says otherwise");
  return 0;
}
