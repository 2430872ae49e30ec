// One log record while it is on its way: the bytes it came as, and the slots that the plan has looked into.
#pragma once
#include <cstdint>

#include "runtime/event/slice.h"
#include "runtime/event/slot_table.h"

namespace penstock {

class Batch;

// What an event's fields rest on.
enum class Base : std::uint8_t {
  json,     // the event's bytes are a JSON object: slots are filled by scanning it when asked
  entries,  // the fields are the event's entries, in order: a parsed text line, or what `fields` selected
};

// A field of an event with Base::entries: either its value stands in a slot, or here.
struct Entry {
  Slice name;                                 // kind text: the unescaped name
  SlotNumber slot = SlotTable::no_slot;       // the slot that holds the value; no_slot: `value` does
  Slice value;
};

// A field whose name has no slot, written by a transform; see Batch::set_extra.
struct Extra {
  Slice name;
  Slice value;
  Extra* next;
};

// Lives in its batch's array; views into it are good until the batch is cleared.
struct Event {
  Batch* batch;
  const char* data;          // the bytes it came as, without the line's end; base json: an object's text (not validated yet)
  Slice* slots;              // one for each slot of the plan
  const Entry* entries;      // Base::entries
  Extra* extras;             // newest first
  std::uint32_t size;
  std::uint32_t entry_count;
  std::uint32_t token;       // base json: the scanner's window into the batch's token index; the next token to look at
  std::uint32_t token_begin;
  std::uint32_t token_end;
  std::uint16_t writes;      // how often a slot was written
  Base base;
  bool scanned;              // every field has been seen: an unset slot is missing
  bool validated;            // base json: the whole text has been checked
  bool multiline;            // base json: line ends stand among its white space
  bool edited;               // differs from the bytes it came as
  std::uint64_t offset;      // of data in its stream, in bytes (of the decoded stream when compressed)

  ByteView raw() const { return {data, size}; }

  // The value in `slot`, looked up when nobody did yet; never kind unset. The reference is good until the next write.
  const Slice& get(SlotNumber slot) {
    if (slots[slot].kind == Kind::unset) [[unlikely]]
      fill(slot);
    return slots[slot];
  }
  // Replaces the value (a missing `value` removes the field); nested paths rebuild the object around them. `value`'s
  // bytes must live as long as the batch: in its slab or arena.
  void set(SlotNumber slot, Slice value);
  void remove(SlotNumber slot) { set(slot, Slice::missing()); }
  // Does to what is kept aside (SlotTable::Aside) what set() does to it besides: for a field that the event has no more.
  void set_aside(SlotNumber slot, const Slice& value);
  // Looks up, writes by name: finds the slot, or goes without one.
  Slice get_by_name(ByteView top_level_name);
  void set_by_name(ByteView top_level_name, Slice value);

 private:
  void fill(SlotNumber slot);
  void write(SlotNumber slot, Slice value);
};

}  // namespace penstock
