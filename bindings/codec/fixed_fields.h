// The fields of a format whose names are known before the event.
#pragma once
#include <string>
#include <vector>

#include "runtime/event/batch.h"

namespace penstock {

// Holds the entries that all events of the format share: an event costs its values and nothing else. Must outlive the
// batches whose events it was attached to.
class FixedFields {
 public:
  // Adds each name as a slot. Names must differ.
  FixedFields(SlotTable& slots, const std::vector<std::string>& names);
  // For names that come with the data, so that those do not fill the plan's table: uses the slots below `slot_capacity` that
  // are there. Good until one of the two changes.
  FixedFields(const SlotTable& slots, std::size_t slot_capacity, const std::vector<std::string>& names);
  FixedFields(const FixedFields&) = delete;
  FixedFields& operator=(const FixedFields&) = delete;

  std::size_t size() const { return entries_.size(); }

  // Makes these the fields of `event`, none set yet.
  void attach(Event& event) {
    event.scanned = true;
    event.validated = true;
    event.entry_count = static_cast<std::uint32_t>(entries_.size());
    event.entries = entries_.data();
    if (!all_have_slots_) [[unlikely]]
      attach_own_entries(event);
  }
  // The value of field `index` of the event attached last.
  void set(Event& event, std::size_t index, const Slice& value) {
    const SlotNumber slot = entries_[index].slot;
    if (slot != SlotTable::no_slot) [[likely]]
      event.slots[slot] = value;
    else
      own_entries_[index].value = value;
  }

 private:
  void add(std::size_t index, SlotNumber slot);
  // Not every name has a slot: values without one stand in entries of the event's own.
  void attach_own_entries(Event& event);

  std::vector<std::string> names_;
  std::vector<Entry> entries_;
  bool all_have_slots_ = true;
  Entry* own_entries_ = nullptr;
};

}  // namespace penstock
