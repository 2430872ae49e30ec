// Any bytes as the value of a Kafka message between two others: those are events as they came, whatever it holds.
#include "bindings/kafka/message_text.h"
#include "bindings/codec/json_decoder.h"
#include "tests/fuzz/text_fuzz.h"

using namespace penstock;

namespace {

std::string text_of(const kafka::MessageText& text, std::string_view value, bool& whole) {
  std::string room(kafka::MessageText::room(value), '#');
  room.resize(text.write(value, room.data(), whole));
  FUZZ_CHECK(room.empty() || room.back() == '\n');
  return room;
}

void check(const char* format, const DecoderPlan& plan, std::string_view before, std::string_view value, std::string_view after) {
  const kafka::MessageText text(format);
  bool whole = false;
  std::string bytes = text_of(text, before, whole) + text_of(text, value, whole);
  if (whole) return;  // it would be committed whole
  bytes += text_of(text, after, whole);
  SlotTable slots;
  const auto decoder = plan.open(slots);
  if (decoder->wants_head()) decoder->give_head("{}\n");
  Batch batch(slots);
  std::string first, last;
  for (std::size_t taken = 0; taken < bytes.size();) {
    Buffer input(bytes.size() - taken);
    input.append(std::string_view(bytes).substr(taken));
    batch.clear();
    const std::size_t used = decoder->decode(input.view(), 1 + taken, true, batch);
    FUZZ_CHECK(used != 0);
    for (const std::uint32_t index : batch.live) {
      last = batch[index].raw();
      if (first.empty()) first = last;
    }
    taken += used;
  }
  FUZZ_CHECK(first == before);
  FUZZ_CHECK(last == after);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto json = make_json_decoder(Value()).value().release();
  static const auto csv = make_csv_decoder(Value(ValueMap{{"columns", ValueList{"a", "b"}}})).value().release();
  const std::string_view value(reinterpret_cast<const char*>(data), size);
  check("json", *json, "{\"a\":1}", value, "{\"z\":1}");
  check("csv", *csv, "a,1", value, "z,1");
  return 0;
}
