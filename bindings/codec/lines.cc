#include "bindings/codec/fixed_fields.h"
#include "bindings/codec/line_format.h"
#include "bindings/codec/text_codecs.h"

namespace penstock {

namespace {

class LinesParser final : public LineParser {
 public:
  explicit LinesParser(SlotTable& slots) : fields_(slots, {"message"}) {}
  bool parse(ByteView line, Event& event, std::string&) override {
    fields_.attach(event);
    fields_.set(event, 0, Slice::text(line));
    return true;
  }

 private:
  FixedFields fields_;
};

class LinesFormat final : public LineFormat {
 public:
  std::unique_ptr<LineParser> open_parser(SlotTable& slots) const override { return std::make_unique<LinesParser>(slots); }
  bool keeps_blank_lines() const override { return true; }
  std::string describe() const override { return "lines"; }
};

}  // namespace

Result<std::unique_ptr<DecoderPlan>> make_lines_decoder(const Value&) {
  return std::unique_ptr<DecoderPlan>(std::make_unique<LinesFormat>());
}

}  // namespace penstock
