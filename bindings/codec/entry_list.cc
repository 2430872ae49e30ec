#include "bindings/codec/entry_list.h"

namespace penstock {

void EntryList::begin(Event& event) {
  event_ = &event;
  entries_.clear();
  // A name without a slot may have one by now.
  const std::size_t capacity = event.batch->slot_capacity();
  if (slots_version_ != slots_.version() || slot_capacity_ != capacity) {
    slots_version_ = slots_.version();
    slot_capacity_ = capacity;
    known_count_ = 0;
  }
}

bool EntryList::add(ByteView name, Slice value) {
  const std::size_t index = entries_.size();
  if (index < known_count_ && known_[index].name == name) [[likely]] {
    put(name, known_[index].slot, value);
    return true;
  }
  return add_unexpected(name, value);
}

bool EntryList::add_unexpected(ByteView name, const Slice& value) {
  for (Entry& entry : entries_) {
    if (entry.name.view() != name) continue;
    if (entry.slot != SlotTable::no_slot)
      event_->slots[entry.slot] = value;
    else
      entry.value = value;
    return true;
  }
  const std::size_t index = entries_.size();
  if (index == fields_max) return false;

  SlotNumber slot = slots_.find(name);
  if (slot >= slot_capacity_) slot = SlotTable::no_slot;
  if (index == known_.size()) known_.emplace_back();
  known_[index].name.assign(name);
  known_[index].slot = slot;
  known_count_ = index + 1;
  put(name, slot, value);
  return true;
}

void EntryList::put(ByteView name, SlotNumber slot, const Slice& value) {
  if (slot == SlotTable::no_slot) {
    entries_.push_back({Slice::text(name), slot, value});
    return;
  }
  entries_.push_back({Slice::text(name), slot, Slice::missing()});
  event_->slots[slot] = value;
}

void EntryList::finish() {
  Entry* own = event_->batch->arena().allocate_array<Entry>(entries_.size());
  if (!entries_.empty()) std::memcpy(static_cast<void*>(own), entries_.data(), entries_.size() * sizeof(Entry));
  event_->entries = own;
  event_->entry_count = static_cast<std::uint32_t>(entries_.size());
  event_->scanned = true;
  event_->validated = true;
}

}  // namespace penstock
