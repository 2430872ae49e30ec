#include "bindings/codec/event_field.h"

#include "runtime/event/json_text.h"

namespace penstock {

EventField::EventField(Path path, SlotTable& slots) : path_(std::move(path)), slot_(slots.add(path_)) {}

Slice EventField::value(Event& event) const {
  if (slot_ < event.batch->slot_capacity()) return event.get(slot_);
  Slice value = event.get_by_name(path_[0]);
  for (std::size_t i = 1; i < path_.size(); ++i)
    value = value.kind == Kind::object ? json::find_member(value.view(), path_[i], event.batch->arena()) : Slice::missing();
  return value;
}

ByteView text_of(const Slice& value, Arena& arena) {
  if (!value.present() || value.kind == Kind::null) return {};
  return value.is_string() ? json::string_value(value, arena) : value.view();
}

}  // namespace penstock
