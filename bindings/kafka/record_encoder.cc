#include "bindings/kafka/record_encoder.h"

#include <algorithm>

#include "bindings/codec/event_time.h"
#include "bindings/kafka/record.h"

namespace penstock::kafka {

namespace {

// Of text that goes into two bytes of size.
constexpr std::size_t short_text_max = 0xffff;

class RecordEncoder final : public Encoder {
 public:
  RecordEncoder(std::unique_ptr<Encoder> values, const Framing& value_framing, const MessageParts& parts, SlotTable& slots)
      : values_(std::move(values)), value_separator_(value_framing.separator_ends ? value_framing.separator.size() : 0), parts_(parts) {
    if (parts.topic) topic_.emplace(*parts.topic, slots);
    if (parts.key) key_.emplace(*parts.key, slots);
    for (const auto& [name, value] : parts.headers) headers_.emplace_back(value, slots);
    if (parts.time) time_.emplace(*parts.time, slots);
  }

  void encode(Batch& batch, std::span<const std::uint32_t> events, Buffer& out) override {
    for (std::size_t i = 0; i < events.size(); ++i) encode_one(batch, events.subspan(i, 1), out);
  }

 private:
  void encode_one(Batch& batch, std::span<const std::uint32_t> one, Buffer& out) {
    const std::size_t start = out.size();
    RecordWriter record(out);
    write_parts(batch[one.front()], record);
    const std::size_t value = out.size();
    values_->encode(batch, one, out);
    out.set_size(out.size() == value ? start : out.size() - value_separator_);
  }

  void write_parts(Event& event, RecordWriter& record) {
    const std::string* refusal = nullptr;
    if (topic_) refusal = write_topic(event, record);
    if (key_ && text_of_event(*key_, event)) record.key(scratch_.view());
    if (time_) write_time(event, record);
    for (std::size_t i = 0; i < headers_.size(); ++i)
      if (text_of_event(headers_[i], event)) record.header(parts_.headers[i].first, scratch_.view());
    if (refusal) record.refuse(*refusal);
  }

  // Whether the event has all fields of it; then it stands in scratch_.
  bool text_of_event(const FieldTextWriter& text, Event& event) {
    scratch_.clear();
    return text.append(event, scratch_) == nullptr;
  }

  // Null, or why the event has no topic.
  const std::string* write_topic(Event& event, RecordWriter& record) {
    scratch_.clear();
    if (const FieldText::Part* missing = topic_->append(event, scratch_)) {
      refusal_ = "the event has no field " + to_text(*missing->field) + ", of which its topic is made";
      return &refusal_;
    }
    if (const char* wrong = wrong_topic(scratch_.view())) {
      refusal_ = "the event's topic \"" + std::string(scratch_.view().substr(0, 300)) + "\" " + wrong;
      return &refusal_;
    }
    record.topic(scratch_.view());
    return nullptr;
  }

  void write_time(Event& event, RecordWriter& record) {
    const auto time = parse_event_time(text_of(time_->value(event), event.batch->arena()));
    if (time) record.time(std::chrono::duration_cast<std::chrono::milliseconds>(time->time_since_epoch()).count());
  }

  std::unique_ptr<Encoder> values_;
  const std::size_t value_separator_;
  const MessageParts& parts_;
  std::optional<FieldTextWriter> topic_, key_;
  std::vector<FieldTextWriter> headers_;
  std::optional<EventField> time_;
  Buffer scratch_;
  std::string refusal_;
};

class RecordEncoderPlan final : public EncoderPlan {
 public:
  RecordEncoderPlan(std::unique_ptr<EncoderPlan> values, const MessageParts& parts) : values_(std::move(values)), parts_(parts) {}
  std::unique_ptr<Encoder> open(SlotTable& slots) const override { return std::make_unique<RecordEncoder>(values_->open(slots), values_->framing(), parts_, slots); }
  const Framing& framing() const override { return framing_; }
  std::string describe() const override { return values_->describe(); }

 private:
  std::unique_ptr<EncoderPlan> values_;
  const MessageParts& parts_;
  const Framing framing_{"", "", true, "", record_content_type, "records"};
};

void append(std::vector<std::string>& to, std::vector<std::string> from) { to.insert(to.end(), from.begin(), from.end()); }

}  // namespace

std::vector<std::string> MessageParts::reads() const {
  std::vector<std::string> paths;
  if (topic) append(paths, topic->reads());
  if (key) append(paths, key->reads());
  for (const auto& [name, value] : headers) append(paths, value.reads());
  if (time) paths.push_back(to_text(*time));
  return paths;
}

std::unique_ptr<EncoderPlan> make_record_encoder(std::unique_ptr<EncoderPlan> values, const MessageParts& parts) {
  return std::make_unique<RecordEncoderPlan>(std::move(values), parts);
}

const char* wrong_topic(ByteView name) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'; };
  if (name.empty()) return "is empty";
  if (name.size() > 249) return "has more than 249 characters";
  if (name == "." || name == "..") return "is no name";
  if (!std::all_of(name.begin(), name.end(), allowed)) return "has characters other than letters, digits, '.', '_' and '-'";
  return nullptr;
}

}  // namespace penstock::kafka
