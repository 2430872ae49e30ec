// logfmt: what is decoded, encoded and decoded again stays the same from then on.
#include "tests/fuzz/text_fuzz.h"

using namespace penstock;

namespace {

const DecoderPlan& decoder_plan() {
  static const auto plan = make_logfmt_decoder(Value()).value().release();
  return *plan;
}

std::string encode(const std::string& json) {
  static const auto plan = make_logfmt_encoder(Value()).value().release();
  SlotTable slots;
  Batch batch(slots);
  batch.add_born(batch.arena().copy(json), 0);
  batch.all_live();
  Buffer out;
  plan->open(slots)->encode(batch, batch.live, out);
  return std::string(out.view());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  fuzz::check_lines(
      fuzz::decode_any_way(decoder_plan(), input), input,
      [](const std::string& line, const std::string& json) {
        // Keys that are no UTF-8 may become one.
        if (!json::valid_utf8(line)) return;
        const std::string text = encode(json);
        // Not at the stream's start, where a key that looks like a byte order mark would be taken for one.
        const fuzz::Decoded again = fuzz::decode(decoder_plan(), "\n" + text, 0);
        FUZZ_CHECK(again.json.size() == 1 && again.broken.empty());
        FUZZ_CHECK(encode(again.json[0]) == text);
      },
      [](const std::string&) {});
  return 0;
}
