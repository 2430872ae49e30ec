#include "runtime/event/batch.h"

#include <numeric>

#include "runtime/event/json_text.h"

namespace penstock {

namespace {

constexpr std::size_t events_per_slot_block = 128;
// Room for slots that transforms discover while the batch is under way.
constexpr std::size_t spare_slots = 4;
constexpr std::size_t event_memory_kept = 2 * Batch::events_max;

}  // namespace

Batch::Batch(SlotTable& slots) : slots_(slots) {
  events_.reserve(events_max);
  live.reserve(events_max);
  clear();
}

void Batch::clear() {
  if (events_.capacity() > event_memory_kept) {
    events_ = {};
    events_.reserve(events_max);
  }
  events_.clear();
  live.clear();
  rejected.clear();
  broken.clear();
  arena_.reset();
  scanner = nullptr;
  slot_block_ = 0;
  slot_at_ = 0;
  known_slots_ = slots_.size();
  if (slots_.size() > stride_ || stride_ == 0) {
    stride_ = slots_.size() + spare_slots;
    slot_blocks_.clear();
  }
}

Slice* Batch::new_slots() {
  if (slot_at_ == events_per_slot_block) {
    ++slot_block_;
    slot_at_ = 0;
  }
  if (slot_block_ == slot_blocks_.size())
    slot_blocks_.push_back(std::make_unique_for_overwrite<Slice[]>(stride_ * events_per_slot_block));
  Slice* slots = slot_blocks_[slot_block_].get() + slot_at_++ * stride_;
  static_assert(static_cast<int>(Kind::unset) == 0 && static_cast<int>(Origin::base) == 0);
  std::memset(static_cast<void*>(slots), 0, stride_ * sizeof(Slice));
  return slots;
}

Event& Batch::add(ByteView bytes, std::uint64_t offset, Base base) {
  events_.push_back({this, bytes.data(), new_slots(), nullptr, nullptr, static_cast<std::uint32_t>(bytes.size()), 0, 0, 0, 0, 0, base,
                     false, false, false, false, offset});
  return events_.back();
}

void Batch::take_back() {
  events_.pop_back();
  --slot_at_;  // at least 1 after an add; a block that was just entered stays the current one
}

Event& Batch::add_born(ByteView bytes, std::uint64_t offset) {
  Event& event = add(bytes, offset, Base::json);
  event.validated = true;
  event.edited = true;
  return event;
}

void Batch::erase(const std::vector<std::uint32_t>& indices) {
  std::size_t to = 0, gone = 0;
  for (std::size_t from = 0; from < events_.size(); ++from) {
    if (gone < indices.size() && indices[gone] == from)
      ++gone;
    else
      events_[to++] = events_[from];
  }
  events_.resize(to);
}

void Batch::scan(Event& event, SlotNumber slot) {
  if (scanner && event.token_end != event.token_begin) return scanner->fill(event, slot);
  json::for_each_member(event.raw(), [&](const Slice& key, const Slice& value) {
    const SlotNumber known = slots_.find(json::string_value(key, arena_));
    if (known < stride_ && event.slots[known].kind == Kind::unset) event.slots[known] = value;
  });
  event.scanned = true;
}

bool Batch::validate(Event& event, std::string& error) {
  if (event.validated) return true;
  if (scanner && event.token_end != event.token_begin) return scanner->validate(event, error);
  const json::Problem problem = json::check_object(event.raw());
  event.validated = problem.what == nullptr;
  if (!event.validated) error = json::to_text(problem);
  return event.validated;
}

const std::vector<Field>& Batch::fields(Event& event) {
  fields_.clear();
  if (scanner && event.token_end != event.token_begin) {
    scanner->fields(event, fields_);
    return fields_;
  }
  json::for_each_member(event.raw(), [&](const Slice& key, const Slice& value) {
    fields_.push_back({key, slots_.find(json::string_value(key, arena_)), value});
  });
  return fields_;
}

void Batch::all_live() {
  live.resize(events_.size());
  std::iota(live.begin(), live.end(), 0u);
}

}  // namespace penstock
