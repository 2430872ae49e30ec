#include "bindings/codec/fixed_fields.h"

namespace penstock {

FixedFields::FixedFields(SlotTable& slots, const std::vector<std::string>& names) : names_(names) {
  for (std::size_t i = 0; i < names_.size(); ++i) add(i, slots.add(names_[i]));
}

FixedFields::FixedFields(const SlotTable& slots, std::size_t slot_capacity, const std::vector<std::string>& names) : names_(names) {
  for (std::size_t i = 0; i < names_.size(); ++i) {
    const SlotNumber slot = slots.find(names_[i]);
    add(i, slot < slot_capacity ? slot : SlotTable::no_slot);
  }
}

void FixedFields::add(std::size_t index, SlotNumber slot) {
  if (slot == SlotTable::no_slot) all_have_slots_ = false;
  entries_.push_back({Slice::text(names_[index]), slot, Slice::missing()});
}

void FixedFields::attach_own_entries(Event& event) {
  own_entries_ = event.batch->arena().allocate_array<Entry>(entries_.size());
  std::memcpy(static_cast<void*>(own_entries_), entries_.data(), entries_.size() * sizeof(Entry));
  event.entries = own_entries_;
}

}  // namespace penstock
