// A text that is made of an event's fields: a topic, a key, a header's value.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bindings/codec/event_field.h"
#include "runtime/base/status.h"

namespace penstock::kafka {

// `logs-{service}`, `{headers["x id"]}`: paths of fields in braces; `{{` and `}}` are braces. Immutable.
class FieldText {
 public:
  struct Part {
    std::string literal;  // comes before the field
    std::optional<Path> field;
  };

  FieldText() = default;
  // Code::invalid, `option 'topic': ...`, for a path that is none and a brace without its other.
  static Result<FieldText> parse(std::string_view text, std::string_view option);

  // No field in it: always the same text.
  bool fixed() const { return parts_.size() <= 1 && (parts_.empty() || !parts_.front().field); }
  // Requires fixed().
  const std::string& text() const;
  const std::vector<Part>& parts() const { return parts_; }
  std::vector<std::string> reads() const;

 private:
  std::vector<Part> parts_;
};

// One worker's: writes the text of one event after another.
class FieldTextWriter {
 public:
  FieldTextWriter(const FieldText& text, SlotTable& slots);
  // Appends the text; null. Or appends nothing, and returns the part whose field the event does not have, or has as null.
  const FieldText::Part* append(Event& event, Buffer& out) const;

 private:
  const FieldText& text_;
  std::vector<EventField> fields_;
};

}  // namespace penstock::kafka
