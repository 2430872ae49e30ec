#include "bindings/kafka/partition_stream.h"

#include <algorithm>
#include <cstring>

#include "bindings/kafka/message_facts.h"

namespace penstock::kafka {

namespace {

// The stream does not begin at the start of a document: no message may be taken for one that goes on (an array over lines).
constexpr std::uint64_t stream_begin = 1;
constexpr ByteView neutral_head = "{}\n";

ByteView value_of(const rd_kafka_message_t& message) { return {static_cast<const char*>(message.payload), message.payload ? message.len : 0}; }

}  // namespace

PartitionStream::PartitionStream(SourceContext& context, const PartitionSettings& settings, const Events& events, PartitionId id, std::int64_t offset)
    : settings_(settings), events_(events), id_(std::move(id)), begin_(offset), next_(offset), acked_(offset), end_(stream_begin) {
  StreamOptions options;
  options.name = "kafka:" + id_.text();
  options.offset = stream_begin;
  options.on_acked = [this](std::uint64_t position) { pass(position); };
  options.locate = [this](std::uint64_t position) { return static_cast<std::uint64_t>(marks_.empty() ? next_ : marks_.offset_at(position)); };
  if (!settings_.metadata.empty()) options.on_decoded = [this](Batch& batch) { add_facts(batch); };
  stream_ = context.open_stream(std::move(options));
  if (stream_->wants_head()) stream_->give_head(neutral_head);
}

bool PartitionStream::give(const rd_kafka_message_t& message) {
  if (message.offset < next_) return true;
  const ByteView value = value_of(message);
  const std::size_t needed = MessageText::room(value);
  if (!make_room(needed)) return false;
  if (message.offset > next_ && events_.on_gap) events_.on_gap(*this, next_, message.offset);
  next_ = message.offset + 1;
  if (needed > room_.size()) {
    give_in_pieces(message, value);
    return true;
  }
  filled_ += settings_.text.write(value, room_.data() + filled_, whole_);
  mark(message, end_ + filled_);
  if (whole_) commit();
  return true;
}

// After it the room is enough, or empty and still too small for one message.
bool PartitionStream::make_room(std::size_t bytes) {
  if (filled_ != 0 && room_.size() - filled_ < bytes) commit();
  if (filled_ != 0) return true;
  if (stream_->blocked()) return false;
  // Nothing is held back, so everything that came before is decoded.
  facts_.clear();
  facts_text_.clear();
  fact_ = 0;
  room_ = stream_->space();
  return true;
}

void PartitionStream::give_in_pieces(const rd_kafka_message_t& message, ByteView value) {
  std::string text(MessageText::room(value), '\0');
  bool whole = false;
  text.resize(settings_.text.write(value, text.data(), whole));
  mark(message, end_ + text.size());
  for (std::size_t at = 0; at < text.size();) {
    room_ = stream_->space();
    const std::size_t size = std::min(room_.size(), text.size() - at);
    std::memcpy(room_.data(), text.data() + at, size);
    at += size;
    filled_ = size;
    whole_ = whole && at == text.size();
    commit();
  }
}

void PartitionStream::mark(const rd_kafka_message_t& message, std::uint64_t end) {
  marks_.add(message.offset, end);
  if (settings_.metadata.empty()) return;
  const std::size_t at = facts_text_.size();
  append_facts(message, id_.topic, facts_text_);
  facts_.push_back({end, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(facts_text_.size() - at)});
}

void PartitionStream::commit() {
  const std::size_t size = std::exchange(filled_, 0);
  room_ = {};
  end_ += size;
  if (std::exchange(whole_, false))
    stream_->commit_whole(size);
  else
    stream_->commit(size);
  // Messages without text are acked by what lies before them; behind something undelivered nothing ever is.
  pass(stuck() ? stream_->position() : stream_->acked());
}

void PartitionStream::pass(std::uint64_t position) {
  const std::int64_t acked = marks_.pass(position);
  if (acked < 0 || stuck()) return;
  acked_ = acked;
  if (events_.on_acked) events_.on_acked(*this);
}

void PartitionStream::add_facts(Batch& batch) {
  SlotTable& slots = batch.slot_table();
  SlotNumber slot = slots.find(settings_.metadata);
  if (slot == SlotTable::no_slot) slot = slots.add(settings_.metadata);
  for (const std::uint32_t index : batch.live) {
    Event& event = batch[index];
    while (facts_[fact_].end <= event.offset) ++fact_;
    const Slice value = Slice::object(facts_text_.view().substr(facts_[fact_].at, facts_[fact_].size));
    if (slot < batch.slot_capacity())
      event.set(slot, value);
    else
      event.set_by_name(settings_.metadata, value);
  }
}

}  // namespace penstock::kafka
