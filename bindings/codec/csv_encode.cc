#include "bindings/codec/csv.h"
#include "bindings/codec/event_field.h"
#include "bindings/codec/text_codecs.h"
#include "runtime/event/path.h"

namespace penstock {

namespace {

struct Layout {
  std::vector<Path> columns;
  char delimiter = ',';
  Framing framing;
};

void append_field(Buffer& out, ByteView text, char delimiter) {
  bool plain = true;
  for (const char c : text) plain = plain && c != '"' && c != delimiter && c != '\n' && c != '\r';
  if (plain) return out.append(text);
  out.append('"');
  for (std::size_t quote; (quote = text.find('"')) != ByteView::npos; text.remove_prefix(quote + 1)) {
    out.append(text.substr(0, quote + 1));
    out.append('"');
  }
  out.append(text);
  out.append('"');
}

class CsvEncoder final : public Encoder {
 public:
  CsvEncoder(const Layout& layout, SlotTable& slots) : layout_(layout) {
    for (const Path& path : layout.columns) columns_.emplace_back(path, slots);
  }

  void encode(Batch& batch, std::span<const std::uint32_t> events, Buffer& out) override {
    for (const std::uint32_t index : events) {
      encode_event(batch[index], batch.arena(), out);
      out.append(layout_.framing.separator);
    }
  }

 private:
  void encode_event(Event& event, Arena& arena, Buffer& out) {
    const std::size_t begin = out.size();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i != 0) out.append(layout_.delimiter);
      append_field(out, text_of(columns_[i].value(event), arena), layout_.delimiter);
    }
    // One empty field would be an empty line, which readers skip.
    if (out.size() == begin) out.append("\"\"");
  }

  const Layout& layout_;
  std::vector<EventField> columns_;
};

class CsvEncoderPlan final : public EncoderPlan {
 public:
  explicit CsvEncoderPlan(Layout layout) : layout_(std::move(layout)) {}
  std::unique_ptr<Encoder> open(SlotTable& slots) const override { return std::make_unique<CsvEncoder>(layout_, slots); }
  const Framing& framing() const override { return layout_.framing; }
  std::string describe() const override { return "csv, " + std::to_string(layout_.columns.size()) + " columns"; }

 private:
  Layout layout_;
};

std::string header_line(const std::vector<std::string>& titles, const Layout& layout) {
  Buffer out;
  for (const std::string& title : titles) {
    if (!out.empty()) out.append(layout.delimiter);
    append_field(out, title, layout.delimiter);
  }
  out.append(layout.framing.separator);
  return std::string(out.view());
}

}  // namespace

Result<std::unique_ptr<EncoderPlan>> make_csv_encoder(const Value& options) {
  Layout layout;
  const std::vector<std::string> names = options.strings("columns");
  if (names.empty()) return Status(Code::invalid, "codec 'csv' needs the option 'columns', a list of the fields to write");
  if (names.size() > csv::columns_max) return Status(Code::limit, "option 'columns' has more than " + std::to_string(csv::columns_max) + " columns");
  std::vector<std::string> titles;
  for (const std::string& name : names) {
    Result<Path> path = parse_path(name);
    if (!path.ok()) return Status(Code::invalid, "option 'columns': " + path.status().text());
    titles.push_back(path->size() == 1 ? path->front() : name);
    layout.columns.push_back(std::move(*path));
  }
  const std::string delimiter = options.string_or("delimiter", ",");
  if (delimiter.size() != 1 || delimiter == "\"" || delimiter == "\n" || delimiter == "\r")
    return Status(Code::invalid, "option 'delimiter' must be one byte other than '\"' and a line end, got \"" + delimiter + "\"");
  layout.delimiter = delimiter[0];
  layout.framing = {"", options.bool_or("crlf", false) ? "\r\n" : "\n", true, "", "text/csv", "csv"};
  if (options.bool_or("header", true)) layout.framing.prefix = header_line(titles, layout);
  return std::unique_ptr<EncoderPlan>(std::make_unique<CsvEncoderPlan>(std::move(layout)));
}

}  // namespace penstock
