// Verbs for tests of codecs: decode a text, look at the events, encode them again.
#pragma once
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "bindings/codec/json_encode.h"
#include "runtime/event/batch.h"
#include "runtime/plan/codec.h"

namespace penstock::test {

// One decoded stream: its events as JSON text, and what was broken.
struct Decoded {
  std::vector<std::string> json;
  std::vector<std::string> raw;
  std::vector<std::string> broken;        // reasons
  std::vector<std::string> broken_bytes;
  std::vector<std::uint64_t> offsets;
  std::vector<std::uint64_t> broken_offsets;
  std::size_t left = 0;                   // bytes never taken
};

// Feeds `input` to `decoder` as a stream does, `step` new bytes at a time (0: all at once). Input stands in memory of its exact size
// and padding, so that the sanitizers see a read beyond.
inline Decoded decode_stream(Decoder& decoder, SlotTable& slots, const std::string& input, std::size_t step = 0, std::uint64_t offset = 0) {
  Decoded out;
  Batch batch(slots);
  std::size_t taken = 0;
  std::size_t known = step == 0 ? input.size() : 0;
  for (;;) {
    const bool at_end = known == input.size();
    std::vector<char> bytes(input.begin() + static_cast<std::ptrdiff_t>(taken), input.begin() + static_cast<std::ptrdiff_t>(known));
    const std::size_t size = bytes.size();
    bytes.resize(size + padding_bytes, '\x5a');
    batch.clear();
    const std::size_t used = decoder.decode({bytes.data(), size}, offset + taken, at_end, batch);
    EXPECT_LE(used, size);
    for (const std::uint32_t index : batch.live) {
      Event& event = batch[index];
      Buffer json;
      append_event_json(event, json);
      out.json.emplace_back(json.view());
      out.raw.emplace_back(event.raw());
      out.offsets.push_back(event.offset);
    }
    for (const Batch::Broken& broken : batch.broken) {
      out.broken.push_back(broken.reason);
      out.broken_bytes.emplace_back(broken.bytes);
      out.broken_offsets.push_back(broken.offset);
    }
    taken += used;
    if (used != 0) continue;
    if (at_end) break;
    known = std::min(input.size(), known + step);
  }
  out.left = input.size() - taken;
  return out;
}

inline Decoded decode_all(const DecoderPlan& plan, const std::string& input, std::size_t step = 0) {
  SlotTable slots;
  const std::unique_ptr<Decoder> decoder = plan.open(slots);
  return decode_stream(*decoder, slots, input, step);
}

// The one event of `line` as JSON, or `broken: <reason>`, or how many events there were.
inline std::string decode_one(const DecoderPlan& plan, const std::string& line) {
  const Decoded out = decode_all(plan, line);
  if (out.json.size() == 1 && out.broken.empty()) return out.json[0];
  if (out.json.empty() && out.broken.size() == 1) return "broken: " + out.broken[0];
  return std::to_string(out.json.size()) + " events, " + std::to_string(out.broken.size()) + " broken";
}

template <class Plan>
std::unique_ptr<Plan> must(Result<std::unique_ptr<Plan>> made) {
  EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.status().text());
  return made.ok() ? std::move(made).value() : nullptr;
}

inline std::string encode_all(const EncoderPlan& plan, SlotTable& slots, Batch& batch) {
  Buffer out;
  out.append(plan.framing().prefix);
  plan.open(slots)->encode(batch, batch.live, out);
  out.append(plan.framing().suffix);
  return std::string(out.view());
}

}  // namespace penstock::test
