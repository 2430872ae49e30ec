// One field of an event, read again and again: what columns, keys and templates are made of.
#pragma once
#include "runtime/event/batch.h"
#include "runtime/event/path.h"

namespace penstock {

// Of one worker's plan. The path gets a slot where the table has room for it; without one the value is looked up by name.
class EventField {
 public:
  EventField(Path path, SlotTable& slots);
  // Missing when the event has no such field. Good until the field is written, or the batch is cleared.
  Slice value(Event& event) const;

 private:
  Path path_;
  SlotNumber slot_;
};

// A value as text: a string without quotes and escapes, everything else as it stands in JSON; empty for what is missing or null.
// In the slice's own memory or the arena.
ByteView text_of(const Slice& value, Arena& arena);

}  // namespace penstock
