#include "bindings/stage/parse_stage.h"

#include "bindings/codec/line_format.h"
#include "runtime/event/json_text.h"
#include "runtime/event/path.h"

namespace penstock {

namespace {

enum class OnError : std::uint8_t { dead_letter, keep, drop };

struct ParseSettings {
  std::string format;
  std::string field;
  Path path;
  std::string prefix;
  bool remove = false;
  OnError on_error = OnError::dead_letter;
  std::unique_ptr<DecoderPlan> decoder;
};

// Makes an event of one value, with slots and memory of its own, so that the plan's batch is touched only by what is merged.
class ValueParser {
 public:
  explicit ValueParser(const DecoderPlan& plan) {
    // Line formats read a value without looking for lines in it.
    if (const auto* lines = dynamic_cast<const LineFormat*>(&plan))
      line_parser_ = lines->open_parser(slots_);
    else
      decoder_ = plan.open(slots_);
    batch_ = std::make_unique<Batch>(slots_);
  }

  // The event, good until the next call; null with the reason in `error`. `text` is followed by padding_bytes.
  Event* parse(ByteView text, std::string& error) {
    batch_->clear();
    if (line_parser_) {
      Event& event = batch_->add(text, 0, Base::entries);
      return line_parser_->parse(text, event, error) ? &event : nullptr;
    }
    decoder_->resync();
    const std::size_t used = decoder_->decode(text, 0, true, *batch_);
    if (!batch_->broken.empty()) {
      error = batch_->broken[0].reason;
      return nullptr;
    }
    if (batch_->live.size() != 1 || !is_blank(text.substr(used))) {
      error = batch_->live.empty() ? "no record in the value" : "more than one record in the value";
      return nullptr;
    }
    Event& event = (*batch_)[batch_->live[0]];
    return batch_->validate(event, error) ? &event : nullptr;
  }

  const SlotTable& slots() const { return slots_; }
  Arena& arena() { return batch_->arena(); }

 private:
  SlotTable slots_;
  std::unique_ptr<LineParser> line_parser_;
  std::unique_ptr<Decoder> decoder_;
  std::unique_ptr<Batch> batch_;
};

class ParseStage final : public Stage {
 public:
  ParseStage(const ParseSettings& settings, SlotTable& slots)
      : settings_(settings), parser_(*settings.decoder), source_(slots.add(settings.path)) {
    for (std::size_t i = 0; i < parser_.slots().size(); ++i)
      targets_.push_back(slots.add(settings.prefix + parser_.slots()[static_cast<SlotNumber>(i)].name));
  }

  void run(Batch& batch) override {
    std::size_t kept = 0;
    for (const std::uint32_t index : batch.live) {
      if (parse(batch[index]) || settings_.on_error == OnError::keep)
        batch.live[kept++] = index;
      else if (settings_.on_error == OnError::dead_letter)
        batch.rejected.push_back({index, "parse " + settings_.field + ": " + error_});
    }
    batch.live.resize(kept);
  }

 private:
  bool parse(Event& event) {
    if (source_ >= event.batch->slot_capacity()) return fail("the plan has too many fields to read this one");
    const Slice value = event.get(source_);
    if (!value.is_string()) return fail(value.present() ? "the field is no string" : "the event has no such field");
    Arena& arena = event.batch->arena();
    // A copy, because the value may stand where nothing may be read behind it.
    const ByteView text = value.kind == Kind::string_escaped ? json::unescape(value.view(), arena) : arena.copy(value.view());
    Event* parsed = parser_.parse(text, error_);
    if (!parsed) return false;
    if (settings_.remove) event.remove(source_);
    merge(*parsed, text, event);
    return true;
  }

  bool fail(const char* why) {
    error_ = why;
    return false;
  }

  void merge(Event& parsed, ByteView text, Event& event) {
    if (parsed.base == Base::json) {
      json::for_each_member(parsed.raw(), [&](const Slice& key, const Slice& value) {
        set(event, json::string_value(key, parser_.arena()), value, text);
      });
      return;
    }
    for (std::uint32_t i = 0; i < parsed.entry_count; ++i) {
      const Entry& entry = parsed.entries[i];
      if (entry.slot == SlotTable::no_slot)
        set(event, entry.name.view(), entry.value, text);
      else if (targets_[entry.slot] < event.batch->slot_capacity())
        set(event, targets_[entry.slot], parsed.slots[entry.slot], text);
      else
        set(event, entry.name.view(), parsed.slots[entry.slot], text);
    }
  }

  void set(Event& event, SlotNumber slot, const Slice& value, ByteView text) {
    if (value.present()) event.set(slot, lasting(value, text, event.batch->arena()));
  }
  void set(Event& event, ByteView name, const Slice& value, ByteView text) {
    if (!value.present()) return;
    name_.assign(settings_.prefix).append(name);
    event.set_by_name(name_, lasting(value, text, event.batch->arena()));
  }

  // The value where it lives as long as the batch: in `text`, or copied out of the parser's memory.
  static Slice lasting(Slice value, ByteView text, Arena& arena) {
    const bool inside = !std::less<>()(value.data, text.data()) && !std::less<>()(text.data() + text.size(), value.data + value.size);
    if (!inside) value.data = arena.copy(value.view()).data();
    return value;
  }

  const ParseSettings& settings_;
  ValueParser parser_;
  SlotNumber source_;
  std::vector<SlotNumber> targets_;  // of each of the parser's slots: the plan's slot that it goes to
  std::string name_;
  std::string error_;
};

class ParsePlan final : public StagePlan {
 public:
  explicit ParsePlan(ParseSettings settings) : settings_(std::move(settings)) {}
  std::unique_ptr<Stage> open(const StageContext& context) const override { return std::make_unique<ParseStage>(settings_, context.slots); }
  std::string describe() const override { return "parse " + settings_.field + " as " + settings_.decoder->describe(); }
  std::vector<std::string> reads() const override { return {settings_.field}; }
  // What a format's slots tell; names that come with the data are not known here.
  std::vector<std::string> writes() const override {
    const ValueParser parser(*settings_.decoder);
    std::vector<std::string> out;
    for (std::size_t i = 0; i < parser.slots().size(); ++i)
      out.push_back(to_text(Path{settings_.prefix + parser.slots()[static_cast<SlotNumber>(i)].name}));
    return out;
  }

 private:
  ParseSettings settings_;
};

std::string list_names(const std::map<std::string, DecoderFactory>& decoders) {
  std::string out;
  for (const auto& [name, factory] : decoders) out += (out.empty() ? "" : ", ") + name;
  return out;
}

Result<OnError> parse_on_error(const std::string& text) {
  if (text == "dead_letter") return OnError::dead_letter;
  if (text == "keep") return OnError::keep;
  if (text == "drop") return OnError::drop;
  return Status(Code::invalid, "option 'on_error' must be \"dead_letter\", \"keep\" or \"drop\", got \"" + text + "\"");
}

}  // namespace

Result<std::unique_ptr<StagePlan>> make_parse_stage(const Value& options, const PlanContext& context) {
  ParseSettings settings;
  settings.format = options.string_or("format", "");
  const auto& decoders = context.components.decoders;
  const auto factory = decoders.find(settings.format);
  if (factory == decoders.end())
    return Status(Code::invalid, "option 'format' must be one of " + list_names(decoders) + ", got \"" + settings.format + "\"");
  if (settings.format == "csv" && (options["columns"].is_nil() || options.bool_or("header", false)))
    return Status(Code::invalid, "format 'csv' needs 'columns' and no 'header' here: a field's value is one record");
  Result<std::unique_ptr<DecoderPlan>> decoder = factory->second(options);
  if (!decoder.ok()) return decoder.take_status();
  settings.decoder = std::move(*decoder);

  settings.field = options.string_or("field", "message");
  Result<Path> path = parse_path(settings.field);
  if (!path.ok()) return Status(Code::invalid, "option 'field': " + path.status().text());
  settings.path = std::move(*path);

  Result<OnError> on_error = parse_on_error(options.string_or("on_error", "dead_letter"));
  if (!on_error.ok()) return on_error.take_status();
  settings.on_error = *on_error;
  settings.prefix = options.string_or("prefix", "");
  settings.remove = options.bool_or("remove", false);
  return std::unique_ptr<StagePlan>(std::make_unique<ParsePlan>(std::move(settings)));
}

}  // namespace penstock
