// The encoders `ndjson` and `json_array`.
#pragma once
#include "runtime/event/event_json.h"
#include "runtime/plan/components.h"

namespace penstock {

// `ndjson`: one event a line. `json_array`: `[`, events parted by `,` and line ends, `]`.
Result<std::unique_ptr<EncoderPlan>> make_ndjson_encoder(const Value& options);
Result<std::unique_ptr<EncoderPlan>> make_json_array_encoder(const Value& options);

}  // namespace penstock
