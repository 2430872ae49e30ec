#include "bindings/kafka/field_text.h"

namespace penstock::kafka {

namespace {

// Where the path that begins at `at` ends: at its closing brace, which may stand within quotes too.
std::size_t closing_brace(std::string_view text, std::size_t at) {
  char quote = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '}') {
      return at;
    }
  }
  return text.npos;
}

}  // namespace

Result<FieldText> FieldText::parse(std::string_view text, std::string_view option) {
  const auto wrong = [&](const std::string& why) { return Status(Code::invalid, "option '" + std::string(option) + "': " + why + ": " + std::string(text)); };
  FieldText out;
  std::string literal;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool doubled = at + 1 < text.size() && text[at + 1] == c;
    if ((c == '{' || c == '}') && doubled) {
      literal += c;
      ++at;
    } else if (c == '}') {
      return wrong("a } without its { (hint: }} is a brace)");
    } else if (c == '{') {
      const std::size_t end = closing_brace(text, at + 1);
      if (end == text.npos) return wrong("a { without its } (hint: {{ is a brace)");
      Result<Path> path = parse_path(text.substr(at + 1, end - at - 1));
      if (!path.ok()) return wrong(path.status().text());
      out.parts_.push_back({std::exchange(literal, {}), *std::move(path)});
      at = end;
    } else {
      literal += c;
    }
  }
  if (!literal.empty() || out.parts_.empty()) out.parts_.push_back({std::move(literal), std::nullopt});
  return out;
}

const std::string& FieldText::text() const {
  static const std::string none;
  return parts_.empty() ? none : parts_.front().literal;
}

std::vector<std::string> FieldText::reads() const {
  std::vector<std::string> paths;
  for (const Part& part : parts_)
    if (part.field) paths.push_back(to_text(*part.field));
  return paths;
}

FieldTextWriter::FieldTextWriter(const FieldText& text, SlotTable& slots) : text_(text) {
  for (const FieldText::Part& part : text.parts())
    if (part.field) fields_.emplace_back(*part.field, slots);
}

const FieldText::Part* FieldTextWriter::append(Event& event, Buffer& out) const {
  const std::size_t start = out.size();
  std::size_t field = 0;
  for (const FieldText::Part& part : text_.parts()) {
    out.append(part.literal);
    if (!part.field) continue;
    const Slice value = fields_[field++].value(event);
    if (!value.present() || value.kind == Kind::null) {
      out.set_size(start);
      return &part;
    }
    out.append(text_of(value, event.batch->arena()));
  }
  return nullptr;
}

}  // namespace penstock::kafka
