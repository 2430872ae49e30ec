// Events to JSON text, by splicing: what no stage touched goes out as the bytes that came in.
#pragma once
#include "runtime/plan/components.h"

namespace penstock {

// Appends the event as one JSON object on one line, without a line end. Fields keep their order: those of the text or of
// the entries, then the written ones in the order of writing. Base::json requires a validated event.
void append_event_json(Event& event, Buffer& out);

// `ndjson`: one event a line. `json_array`: `[`, events parted by `,` and line ends, `]`.
Result<std::unique_ptr<EncoderPlan>> make_ndjson_encoder(const Value& options);
Result<std::unique_ptr<EncoderPlan>> make_json_array_encoder(const Value& options);

}  // namespace penstock
