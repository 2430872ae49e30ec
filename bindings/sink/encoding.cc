#include "bindings/sink/encoding.h"

#include "runtime/base/nearest_name.h"

namespace penstock {

Result<std::unique_ptr<EncoderPlan>> find_encoder(const std::string& format, const Value& options, const PlanContext& context) {
  const auto& encoders = context.components.encoders;
  const auto found = encoders.find(format);
  if (found != encoders.end()) return found->second(options);
  std::vector<std::string> names;
  std::string known;
  for (const auto& [name, factory] : encoders) {
    names.push_back(name);
    known += (known.empty() ? "" : ", ") + name;
  }
  std::string text = "unknown format \"" + format + "\": " + known + " are known";
  if (const std::string_view near = nearest_name(format, names); !near.empty()) text += " (did you mean \"" + std::string(near) + "\"?)";
  return Status(Code::invalid, text);
}

void encode_after(Encoder& encoder, const Framing& framing, Batch& batch, std::span<const std::uint32_t> events, Buffer& out) {
  const std::size_t before = out.size();
  if (before != 0 && !framing.separator_ends) out.append(framing.separator);
  const std::size_t start = out.size();
  encoder.encode(batch, events, out);
  if (out.size() == start) out.set_size(before);
}

}  // namespace penstock
