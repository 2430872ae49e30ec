// The fields of an event whose names come with it (logfmt, CEF extensions).
#pragma once
#include <string>
#include <vector>

#include "runtime/event/batch.h"

namespace penstock {

// Collects one event's fields. A name that occurs again replaces the value and keeps the first one's place: last wins.
// Remembers the names of the event before: when they come again in the same order, which is what logs do, a field costs
// one comparison, with no look-up of its slot and no search for duplicates.
class EntryList {
 public:
  // More fields than this in one event are refused.
  static constexpr std::size_t fields_max = 512;

  explicit EntryList(const SlotTable& slots) : slots_(slots) {}

  // Starts over for `event`.
  void begin(Event& event);
  // Adds a field; `name` must live as long as the event. False when there are fields_max already.
  bool add(ByteView name, Slice value);
  std::size_t size() const { return entries_.size(); }
  // Gives the event its entries.
  void finish();

 private:
  struct Known {
    std::string name;
    SlotNumber slot;
  };
  bool add_unexpected(ByteView name, const Slice& value);
  void put(ByteView name, SlotNumber slot, const Slice& value);

  const SlotTable& slots_;
  std::uint32_t slots_version_ = 0;
  std::size_t slot_capacity_ = 0;
  Event* event_ = nullptr;
  std::vector<Entry> entries_;
  // The first known_count_ are distinct, and known_[i] is the name of entry i of the event before; those of the event under
  // way replace them as they differ. Behind known_count_: strings kept for their memory.
  std::vector<Known> known_;
  std::size_t known_count_ = 0;
};

}  // namespace penstock
