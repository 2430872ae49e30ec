#include "bindings/codec/json_encode.h"
#include "bindings/codec/logfmt.h"
#include "bindings/codec/text_codecs.h"
#include "runtime/event/json_text.h"

namespace penstock {

namespace {

bool needs_quotes(ByteView value) {
  bool ascii = true;
  for (const char c : value) {
    if (!logfmt::is_key_byte(c) || c == 127) return true;
    ascii = ascii && static_cast<signed char>(c) >= 0;
  }
  return value == "null" || (!ascii && !json::valid_utf8(value));
}

void append_key(Buffer& out, ByteView name) {
  if (name.empty()) out.append('_');
  for (const char c : name) out.append(logfmt::is_key_byte(c) ? c : '_');
}

void append_value(Buffer& out, const Slice& value, Arena& arena) {
  if (!value.is_string() && value.kind != Kind::object && value.kind != Kind::array) return out.append(value.json());
  const ByteView text = value.is_string() ? json::string_value(value, arena) : value.view();
  if (needs_quotes(text))
    json::append_quoted(out, text);
  else
    out.append(text);
}

class LogfmtEncoder final : public Encoder {
 public:
  void encode(Batch& batch, std::span<const std::uint32_t> events, Buffer& out) override {
    for (const std::uint32_t index : events) {
      encode_event(batch[index], batch.arena(), out);
      out.append('\n');
    }
  }

 private:
  // By way of the JSON text, which knows the order of fields and what stages wrote.
  void encode_event(Event& event, Arena& arena, Buffer& out) {
    json_.clear();
    append_event_json(event, json_);
    const std::size_t begin = out.size();
    json::for_each_member(json_.view(), [&](const Slice& key, const Slice& value) {
      if (out.size() != begin) out.append(' ');
      append_key(out, json::string_value(key, arena));
      out.append('=');
      append_value(out, value, arena);
    });
  }

  Buffer json_;
};

class LogfmtEncoderPlan final : public EncoderPlan {
 public:
  std::unique_ptr<Encoder> open(SlotTable&) const override { return std::make_unique<LogfmtEncoder>(); }
  const Framing& framing() const override { return framing_; }
  std::string describe() const override { return "logfmt"; }

 private:
  Framing framing_{"", "\n", true, "", "text/plain", "log"};
};

}  // namespace

Result<std::unique_ptr<EncoderPlan>> make_logfmt_encoder(const Value&) {
  return std::unique_ptr<EncoderPlan>(std::make_unique<LogfmtEncoderPlan>());
}

}  // namespace penstock
