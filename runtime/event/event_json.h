// Events to JSON text, by splicing: what no stage touched goes out as the bytes that came in.
#pragma once
#include "runtime/event/event.h"

namespace penstock {

// Appends the event as one JSON object on one line, without a line end. Fields keep their order: those of the text or of
// the entries, then the written ones in the order of writing. Base::json requires a validated event.
void append_event_json(Event& event, Buffer& out);

}  // namespace penstock
