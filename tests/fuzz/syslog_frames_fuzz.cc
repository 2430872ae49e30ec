// The framing of syslog on connections (RFC 6587): bytes as they come, however they are cut, and messages that were counted right.
#include "bindings/codec/syslog_frames.h"
#include "tests/fuzz/text_fuzz.h"

using namespace penstock;

namespace {

// No message is too long for these: of one that is, as much is kept as happens to be there.
const DecoderPlan& plan(const char* framing) {
  const auto make = [](const char* name) { return make_syslog_decoder(Value(ValueMap{{"framing", name}, {"max_event_bytes", 1 << 30}})).value().release(); };
  static const DecoderPlan* const automatic = make("auto");
  static const DecoderPlan* const counted = make("octet_counting");
  static const DecoderPlan* const datagrams = make_syslog_datagram_decoder(Value()).value().release();
  return framing[0] == 'a' ? *automatic : framing[0] == 'o' ? *counted : *datagrams;
}

const DecoderPlan& plan_of_short_messages() {
  static const DecoderPlan* const made = make_syslog_decoder(Value(ValueMap{{"framing", "auto"}, {"max_event_bytes", 64}})).value().release();
  return *made;
}

// Every message that is framed right is found, as an event or as a broken piece, without the line end that it may end with.
void check_counted(std::string_view input) {
  std::string framed;
  std::vector<std::string> messages;
  while (!input.empty()) {
    const std::size_t size = std::min(input.size(), 1 + static_cast<unsigned char>(input[0]) % std::size_t{40});
    std::string message = "<1>" + std::string(input.substr(0, size));
    input.remove_prefix(size);
    framed += std::to_string(message.size()) + " " + message;
    if (message.ends_with('\n')) message.pop_back();
    if (message.ends_with('\r')) message.pop_back();
    messages.push_back(std::move(message));
  }
  for (const char* framing : {"auto", "octet_counting", "datagrams"}) {
    const fuzz::Decoded decoded = fuzz::decode_any_way(plan(framing), framed);
    std::size_t event = 0, broken = 0;
    for (const std::string& message : messages) {
      if (event < decoded.raw.size() && decoded.raw[event] == message)
        ++event;
      else
        FUZZ_CHECK(broken < decoded.broken.size() && decoded.broken[broken++] == message);
    }
    FUZZ_CHECK(event == decoded.raw.size() && broken == decoded.broken.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  for (const char* framing : {"auto", "octet_counting"}) fuzz::decode_any_way(plan(framing), input);
  fuzz::decode(plan_of_short_messages(), input, 0);
  fuzz::decode(plan_of_short_messages(), input, 1 + size % 7);
  check_counted(input);
  return 0;
}
