// What every text format has to hold, whatever bytes come: shared by their fuzz targets.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "bindings/codec/json_encode.h"
#include "bindings/codec/text_codecs.h"
#include "runtime/event/json_text.h"

namespace penstock::fuzz {

#define FUZZ_CHECK(condition)                                                      \
  do {                                                                             \
    if (!(condition)) {                                                            \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                \
    }                                                                              \
  } while (0)

struct Decoded {
  std::vector<std::string> json;
  std::vector<std::string> raw;
  std::vector<std::string> broken;
  bool operator==(const Decoded&) const = default;
};

// Decodes `input` with `step` new bytes at a time (0: all at once), each piece in memory of its exact size and padding.
inline Decoded decode(const DecoderPlan& plan, std::string_view input, std::size_t step) {
  SlotTable slots;
  const auto decoder = plan.open(slots);
  Batch batch(slots);
  Decoded out;
  std::size_t taken = 0;
  std::size_t known = step == 0 ? input.size() : 0;
  for (;;) {
    const bool at_end = known == input.size();
    std::vector<char> bytes(input.begin() + static_cast<std::ptrdiff_t>(taken), input.begin() + static_cast<std::ptrdiff_t>(known));
    const std::size_t size = bytes.size();
    bytes.resize(size + padding_bytes, 'Z');
    batch.clear();
    const std::size_t used = decoder->decode({bytes.data(), size}, taken, at_end, batch);
    FUZZ_CHECK(used <= size);
    for (const std::uint32_t index : batch.live) {
      Buffer json;
      append_event_json(batch[index], json);
      FUZZ_CHECK(json::valid(json.view()));
      out.json.emplace_back(json.view());
      out.raw.emplace_back(batch[index].raw());
    }
    for (const Batch::Broken& broken : batch.broken) {
      FUZZ_CHECK(!broken.reason.empty());
      out.broken.emplace_back(broken.bytes);
    }
    taken += used;
    if (used != 0) continue;
    if (at_end) break;
    known = std::min(input.size(), known + step);
  }
  FUZZ_CHECK(taken == input.size());
  return out;
}

// Decodes at once and in pieces, which must give the same.
inline Decoded decode_any_way(const DecoderPlan& plan, std::string_view input) {
  const Decoded whole = decode(plan, input, 0);
  FUZZ_CHECK(decode(plan, input, 1 + input.size() % 7) == whole);
  return whole;
}

// The lines of `input` that hold more than blanks, split the slow way.
inline std::vector<std::string> lines_of(std::string_view input) {
  if (input.substr(0, 3) == "\xef\xbb\xbf") input.remove_prefix(3);
  std::vector<std::string> lines(1);
  for (const char c : input) {
    if (c == '\n')
      lines.emplace_back();
    else
      lines.back() += c;
  }
  std::vector<std::string> out;
  for (std::string& line : lines) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    bool blank = true;
    for (const char c : line) blank = blank && static_cast<unsigned char>(c) <= ' ';
    if (!blank) out.push_back(line);
  }
  return out;
}

// Each line of a line format is an event or broken, in order. Calls on_event(line, json) and on_broken(line).
template <class OnEvent, class OnBroken>
void check_lines(const Decoded& decoded, std::string_view input, OnEvent on_event, OnBroken on_broken) {
  std::size_t event = 0, broken = 0;
  for (const std::string& line : lines_of(input)) {
    // Equal lines have equal fates, so it does not matter which of them is meant.
    if (event < decoded.raw.size() && decoded.raw[event] == line) {
      on_event(line, decoded.json[event]);
      ++event;
    } else {
      FUZZ_CHECK(broken < decoded.broken.size() && decoded.broken[broken] == line);
      on_broken(line);
      ++broken;
    }
  }
  FUZZ_CHECK(event == decoded.raw.size() && broken == decoded.broken.size());
}

inline std::string quoted(std::string_view text) {
  Buffer out;
  json::append_quoted(out, text);
  return std::string(out.view());
}

}  // namespace penstock::fuzz
