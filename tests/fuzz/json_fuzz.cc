// Any bytes as a stream of JSON: nothing crashes, what is emitted untouched or spliced is JSON to an independent parser, and
// a field that was not touched keeps its value.
#include <simdjson.h>

#include <cstdlib>

#include "bindings/codec/json_decoder.h"
#include "runtime/event/event_json.h"
#include "runtime/event/json_text.h"

namespace {

using namespace penstock;

// The parser refuses numbers that it cannot hold; those are ours to pass on.
bool parses(simdjson::dom::parser& parser, ByteView text, simdjson::dom::element& out) {
  const simdjson::error_code error = parser.parse(text.data(), text.size()).get(out);
  if (error == simdjson::SUCCESS) return true;
  if (error != simdjson::NUMBER_ERROR && error != simdjson::DEPTH_ERROR) std::abort();
  return false;
}

std::string value_of(simdjson::dom::element object, const char* name) {
  simdjson::dom::element value;
  return object[name].get(value) == simdjson::SUCCESS ? simdjson::minify(value) : std::string("(none)");
}

void check_event(Batch& batch, Event& event, SlotNumber edited, SlotNumber removed, SlotNumber kept) {
  std::string error;
  event.get(kept);
  if (!batch.validate(event, error)) {
    if (json::check_object(event.raw()).what == nullptr) std::abort();
    return;
  }
  simdjson::dom::parser before_parser, after_parser;
  simdjson::dom::element before, after;
  const bool comparable = parses(before_parser, event.raw(), before);
  event.set(edited, Slice::text("new \" value"));
  event.remove(removed);
  Buffer out;
  append_event_json(event, out);
  if (!parses(after_parser, out.view(), after) || !comparable) return;
  if (value_of(after, "a") != "\"new \\\" value\"" || value_of(after, "b") != "(none)") std::abort();
  if (value_of(after, "c") != value_of(before, "c")) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  SlotTable slots;
  const SlotNumber a = slots.add("a"), b = slots.add("b"), c = slots.add("c");
  Batch batch(slots);
  const auto decoder = make_json_decoder(Value()).value()->open(slots);
  Buffer input(size + 1);
  input.append(ByteView(reinterpret_cast<const char*>(data), size));
  std::size_t at = 0;
  while (at < size) {
    batch.clear();
    const std::size_t used = decoder->decode(input.view().substr(at), at, true, batch);
    if (used == 0 || used > size - at) std::abort();
    for (const std::uint32_t index : batch.live) check_event(batch, batch[index], a, b, c);
    at += used;
  }
  return 0;
}
