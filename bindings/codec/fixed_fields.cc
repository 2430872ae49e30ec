#include "bindings/codec/fixed_fields.h"

namespace penstock {

FixedFields::FixedFields(SlotTable& slots, const std::vector<std::string>& names) : names_(names) {
  entries_.reserve(names_.size());
  for (const std::string& name : names_) {
    const SlotNumber slot = slots.add(name);
    if (slot == SlotTable::no_slot) all_have_slots_ = false;
    entries_.push_back({Slice::text(name), slot, Slice::missing()});
  }
}

void FixedFields::attach_own_entries(Event& event) {
  own_entries_ = event.batch->arena().allocate_array<Entry>(entries_.size());
  std::memcpy(static_cast<void*>(own_entries_), entries_.data(), entries_.size() * sizeof(Entry));
  event.entries = own_entries_;
}

}  // namespace penstock
