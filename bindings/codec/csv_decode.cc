#include <algorithm>
#include <optional>

#include "bindings/codec/csv.h"
#include "bindings/codec/csv_record.h"
#include "bindings/codec/fixed_fields.h"
#include "bindings/codec/line_format.h"
#include "bindings/codec/text_codecs.h"

namespace penstock {

namespace {

struct CsvSettings {
  csv::Dialect dialect;
  std::vector<std::string> columns;  // empty: the header says them
  bool header = true;
};

// Empty when the names can be columns, else what is wrong with them.
std::string mistake_in(const std::vector<std::string>& names) {
  if (names.size() > csv::columns_max) return "there are more than " + std::to_string(csv::columns_max) + " columns";
  std::vector<std::string> sorted = names;
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  return twice == sorted.end() ? "" : "column '" + *twice + "' is named twice";
}

class CsvDecoder final : public Decoder {
 public:
  CsvDecoder(const CsvSettings& settings, SlotTable& slots) : settings_(settings), slots_(slots), reader_(settings.dialect) {
    if (!settings.columns.empty()) columns_.emplace(slots_, settings.columns);
  }

  std::size_t decode(ByteView input, std::uint64_t offset, bool at_end, Batch& batch) override {
    const std::size_t done = decode_records(input, offset, at_end, batch);
    batch.all_live();
    return done;
  }

  bool splittable() const override { return false; }

  bool wants_head() const override { return settings_.columns.empty(); }
  void give_head(ByteView head) override {
    Buffer padded(head.size());
    padded.append(head.substr(byte_order_mark_size(head)));
    Arena arena;
    csv::RecordReader reader(settings_.dialect);
    std::size_t at = 0;
    while (at < padded.size() && reader.read(padded.view().substr(at), false, arena) == csv::RecordReader::Found::whole) {
      at += reader.size();
      if (reader.record_size() == 0) continue;
      take_header(reader);
      return;
    }
  }

 private:
  std::size_t decode_records(ByteView input, std::uint64_t offset, bool at_end, Batch& batch) {
    std::size_t at = 0;
    if (offset == 0) {
      if (may_become_byte_order_mark(input) && !at_end) return 0;
      at = byte_order_mark_size(input);
      header_expected_ = settings_.header;
    }
    look_up_columns(batch);
    while (at < input.size() && at < Batch::bytes_target && batch.size() + batch.broken.size() < Batch::events_max) {
      const csv::RecordReader::Found found = reader_.read(input.substr(at), at_end, batch.arena());
      if (found == csv::RecordReader::Found::more_needed) break;
      const ByteView record = input.substr(at, reader_.record_size());
      if (found == csv::RecordReader::Found::broken) {
        expected(error_, "csv", reader_.what(), reader_.broken_at());
        batch.broken.push_back({record, offset + at, record.size(), error_});
      } else if (header_expected_) {
        header_expected_ = record.empty();
        if (!record.empty() && settings_.columns.empty() && !take_header(reader_))
          batch.broken.push_back({record, offset + at, record.size(), error_});
        look_up_columns(batch);
      } else if (!record.empty()) {
        take(record, offset + at, batch);
      }
      at += reader_.size();
    }
    return at;
  }

  // The plan may have got slots for the header's names since they were looked up last.
  void look_up_columns(const Batch& batch) {
    if (header_names_.empty() || (slots_version_ == slots_.version() && slot_capacity_ == batch.slot_capacity())) return;
    slots_version_ = slots_.version();
    slot_capacity_ = batch.slot_capacity();
    columns_.emplace(std::as_const(slots_), slot_capacity_, header_names_);
  }

  bool take_header(const csv::RecordReader& reader) {
    std::vector<std::string> names(reader.fields().begin(), reader.fields().end());
    header_mistake_ = mistake_in(names);
    if (!header_mistake_.empty()) {
      error_ = "csv: in the header " + header_mistake_;
      return false;
    }
    header_names_ = std::move(names);
    slot_capacity_ = 0;
    return true;
  }

  void take(ByteView record, std::uint64_t offset, Batch& batch) {
    if (!fits()) {
      batch.broken.push_back({record, offset, record.size(), error_});
      return;
    }
    Event& event = batch.add(record, offset, Base::entries);
    columns_->attach(event);
    for (std::size_t i = 0; i < reader_.fields().size(); ++i) columns_->set(event, i, Slice::text(reader_.fields()[i]));
  }

  // Whether the record's fields go with the columns; else says why not.
  bool fits() {
    if (!columns_) {
      error_ = header_mistake_.empty() ? "csv: the header is not known, for the stream was not read from its start (option 'columns' names the fields)"
                                       : "csv: in the header " + header_mistake_;
      return false;
    }
    const std::size_t found = reader_.fields().size();
    if (found <= columns_->size() && (found == columns_->size() || !settings_.dialect.strict)) return true;
    error_ = "csv: expected " + std::to_string(columns_->size()) + " fields, found " + std::to_string(found);
    return false;
  }

  const CsvSettings& settings_;
  SlotTable& slots_;
  csv::RecordReader reader_;
  std::optional<FixedFields> columns_;
  bool header_expected_ = false;
  std::vector<std::string> header_names_;
  std::uint32_t slots_version_ = 0;
  std::size_t slot_capacity_ = 0;
  std::string header_mistake_;
  std::string error_;
};

class CsvFormat final : public DecoderPlan {
 public:
  explicit CsvFormat(CsvSettings settings) : settings_(std::move(settings)) {}
  std::unique_ptr<Decoder> open(SlotTable& slots) const override { return std::make_unique<CsvDecoder>(settings_, slots); }
  std::string describe() const override {
    return settings_.columns.empty() ? "csv, columns by header" : "csv, " + std::to_string(settings_.columns.size()) + " columns";
  }
  bool splittable() const override { return false; }

 private:
  CsvSettings settings_;
};

bool is_usable_mark(const std::string& text) { return text.size() == 1 && text != "\n" && text != "\r"; }

}  // namespace

Result<std::unique_ptr<DecoderPlan>> make_csv_decoder(const Value& options) {
  CsvSettings settings;
  settings.columns = options.strings("columns");
  settings.header = options.bool_or("header", settings.columns.empty());
  settings.dialect.strict = options.bool_or("strict", false);
  if (settings.columns.empty() && !settings.header)
    return Status(Code::invalid, "format 'csv' needs 'columns = { ... }' when 'header' is false");
  if (const std::string mistake = mistake_in(settings.columns); !mistake.empty()) return Status(Code::invalid, "option 'columns': " + mistake);

  const std::string delimiter = options.string_or("delimiter", ",");
  const std::string quote = options.string_or("quote", "\"");
  if (!is_usable_mark(delimiter)) return Status(Code::invalid, "option 'delimiter' must be one byte other than a line end, got \"" + delimiter + "\"");
  if (!quote.empty() && !is_usable_mark(quote)) return Status(Code::invalid, "option 'quote' must be one byte other than a line end, got \"" + quote + "\"");
  if (delimiter == quote) return Status(Code::invalid, "options 'delimiter' and 'quote' must differ");
  settings.dialect.delimiter = delimiter[0];
  settings.dialect.quoting = !quote.empty();
  if (!quote.empty()) settings.dialect.quote = quote[0];
  return std::unique_ptr<DecoderPlan>(std::make_unique<CsvFormat>(std::move(settings)));
}

}  // namespace penstock
