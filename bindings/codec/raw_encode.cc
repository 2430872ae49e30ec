#include "bindings/codec/json_encode.h"
#include "bindings/codec/text_codecs.h"
#include "runtime/event/json_text.h"

namespace penstock {

namespace {

class RawEncoder final : public Encoder {
 public:
  void encode(Batch& batch, std::span<const std::uint32_t> events, Buffer& out) override {
    for (std::size_t i = 0; i < events.size();) {
      const std::size_t run = append_run(batch, events.subspan(i), out);
      if (run == 0) append_edited(batch[events[i]], batch.arena(), out);
      i += run == 0 ? 1 : run;
    }
  }

 private:
  // Neighbours that nobody touched and that stand in the slab with one LF between leave in one copy. Returns how many.
  static std::size_t append_run(const Batch& batch, std::span<const std::uint32_t> events, Buffer& out) {
    const Event& first = batch[events[0]];
    if (first.edited) return 0;
    const char* end = first.data + first.size;
    std::size_t count = 1;
    // The next event's start tells that the byte before it, where the line's end would be, is in the slab too.
    for (; count < events.size(); ++count) {
      const Event& next = batch[events[count]];
      if (next.edited || next.data != end + 1 || *end != '\n') break;
      end = next.data + next.size;
    }
    out.append({first.data, static_cast<std::size_t>(end - first.data)});
    out.append('\n');
    return count;
  }

  static void append_edited(Event& event, Arena& arena, Buffer& out) {
    if (const Slice message = lone_message(event); message.is_string())
      out.append(json::string_value(message, arena));
    else
      append_event_json(event, out);
    out.append('\n');
  }

  // The value of `message` when it is all that the event has.
  static Slice lone_message(Event& event) {
    if (event.base != Base::entries || event.entry_count != 1 || event.entries[0].name.view() != "message" || event.extras) return Slice::missing();
    const SlotTable& table = event.batch->slot_table();
    const std::size_t slots = std::min(table.size(), event.batch->slot_capacity());
    for (std::size_t slot = 0; slot < slots; ++slot) {
      const bool other = slot != event.entries[0].slot && table[static_cast<SlotNumber>(slot)].parent == SlotTable::no_slot;
      if (other && event.slots[slot].origin == Origin::edited && event.slots[slot].present()) return Slice::missing();
    }
    return event.get_by_name("message");
  }
};

class RawEncoderPlan final : public EncoderPlan {
 public:
  std::unique_ptr<Encoder> open(SlotTable&) const override { return std::make_unique<RawEncoder>(); }
  const Framing& framing() const override { return framing_; }
  std::string describe() const override { return "raw"; }

 private:
  Framing framing_{"", "\n", true, "", "text/plain", "log"};
};

}  // namespace

Result<std::unique_ptr<EncoderPlan>> make_raw_encoder(const Value&) {
  return std::unique_ptr<EncoderPlan>(std::make_unique<RawEncoderPlan>());
}

}  // namespace penstock
