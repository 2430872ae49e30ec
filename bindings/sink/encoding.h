// What the sinks of this folder share: finding the encoder, and putting what it gives one after another.
#pragma once
#include <memory>
#include <string>

#include "runtime/plan/components.h"

namespace penstock {

// The encoder plan of `format` with its options; Code::invalid names the known formats.
Result<std::unique_ptr<EncoderPlan>> find_encoder(const std::string& format, const Value& options, const PlanContext& context);

// Appends the events' entries to `out`, whole entries with separators between them also across calls.
void encode_after(Encoder& encoder, const Framing& framing, Batch& batch, std::span<const std::uint32_t> events, Buffer& out);

}  // namespace penstock
