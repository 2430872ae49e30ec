#include "bindings/codec/json_encode.h"

namespace penstock {

namespace {

class JsonEncoder final : public Encoder {
 public:
  explicit JsonEncoder(const Framing& framing) : framing_(framing) {}

  void encode(Batch& batch, std::span<const std::uint32_t> events, Buffer& out) override {
    for (std::size_t i = 0; i < events.size(); ++i) {
      i += append_run(batch, events.subspan(i), out);
      if (i == events.size()) break;
      append_event_json(batch[events[i]], out);
      if (framing_.separator_ends || i + 1 < events.size()) out.append(framing_.separator);
    }
  }

 private:
  // Neighbours that nobody touched and that stand in the slab just as they are to be written leave in one copy. Returns how
  // many events that were.
  std::size_t append_run(Batch& batch, std::span<const std::uint32_t> events, Buffer& out) const {
    if (!framing_.separator_ends || framing_.separator != "\n") return 0;
    const char* begin = nullptr;
    const char* end = nullptr;
    std::size_t count = 0;
    for (; count < events.size(); ++count) {
      const Event& event = batch[events[count]];
      if (event.edited || event.multiline || event.base != Base::json || (begin && event.data != end) || event.data[event.size] != '\n') break;
      if (!begin) begin = event.data;
      end = event.data + event.size + 1;
    }
    if (count != 0) out.append({begin, static_cast<std::size_t>(end - begin)});
    return count;
  }

  const Framing& framing_;
};

class JsonEncoderPlan final : public EncoderPlan {
 public:
  JsonEncoderPlan(std::string name, Framing framing) : name_(std::move(name)), framing_(std::move(framing)) {}
  std::unique_ptr<Encoder> open(SlotTable&) const override { return std::make_unique<JsonEncoder>(framing_); }
  const Framing& framing() const override { return framing_; }
  std::string describe() const override { return name_; }

 private:
  std::string name_;
  Framing framing_;
};

}  // namespace

Result<std::unique_ptr<EncoderPlan>> make_ndjson_encoder(const Value&) {
  return std::unique_ptr<EncoderPlan>(std::make_unique<JsonEncoderPlan>("ndjson", Framing{}));
}

Result<std::unique_ptr<EncoderPlan>> make_json_array_encoder(const Value&) {
  Framing framing{"[\n", ",\n", false, "\n]\n", "application/json", "json"};
  return std::unique_ptr<EncoderPlan>(std::make_unique<JsonEncoderPlan>("json_array", std::move(framing)));
}

}  // namespace penstock
