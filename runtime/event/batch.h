// The unit that moves: events that point into one slab of raw bytes, their slots, and the memory for what is made of them.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "runtime/event/arena.h"
#include "runtime/event/event.h"

namespace penstock {

// One member of an event's JSON text, as it came (edits are in the slots).
struct Field {
  Slice key;         // kind string or string_escaped
  SlotNumber slot;   // the slot of that name; no_slot when the plan has none
  Slice value;
};

// Looks into events whose base is JSON; the JSON codec implements it over its index of the slab.
class FieldScanner {
 public:
  // Fills `slot` (and those it passes by) of an event with Base::json; leaves it unset when the event ends without it,
  // and then sets event.scanned.
  virtual void fill(Event& event, SlotNumber slot) = 0;
  // Whether the event's bytes are one valid JSON object. On failure `error` says what and at which byte of the event.
  // Sets event.validated.
  virtual bool validate(Event& event, std::string& error) = 0;
  // Appends the event's members in order, those of duplicate names too.
  virtual void fields(Event& event, std::vector<Field>& out) = 0;

 protected:
  ~FieldScanner() = default;
};

// An event that can't go on, and why. Where it came from is known by the batch.
struct Rejection {
  std::uint32_t event;     // index in the batch
  std::string reason;      // `json: expected ':' at byte 17`, `transform: edge.lua:14: attempt to ...`
};

// Filled by a decoder, worked on by stages in place, encoded by sinks, cleared. Belongs to one worker.
class Batch {
 public:
  static constexpr std::size_t events_max = 1024;
  static constexpr std::size_t bytes_target = 256 * 1024;

  explicit Batch(SlotTable& slots);

  // Empties the batch and takes in slots that were added to the table meanwhile.
  void clear();

  // Adds an event with all slots unset. Requires size() < events_max (Lua stages that split events may go beyond:
  // see add_born).
  Event& add(ByteView bytes, std::uint64_t offset, Base base);
  // Takes the latest event back: its decoder found that these bytes are no event. Requires size() > 0.
  void take_back();
  // Adds an event that a transform made: `bytes` (in the arena) is the text of a JSON object known to be valid. May
  // reallocate: references to events of this batch are invalid afterwards.
  Event& add_born(ByteView bytes, std::uint64_t offset);

  // Takes events out of the batch, for a decoder that finds them broken. `indices` ascending. Not once `live` is filled.
  void erase(const std::vector<std::uint32_t>& indices);

  std::size_t size() const { return events_.size(); }
  bool full() const { return events_.size() >= events_max; }
  Event& operator[](std::size_t index) { return events_[index]; }
  const Event& operator[](std::size_t index) const { return events_[index]; }

  // The indices of the events that are still on their way, in the order in which they leave. Stages compact it in place.
  std::vector<std::uint32_t> live;
  // Events that stages refused; whoever runs the stages takes them to the dead letter.
  std::vector<Rejection> rejected;
  // How many events of the batch gave their place to born ones while the current stage ran.
  std::uint32_t replaced = 0;
  // Bytes the decoder could not make an event of (a broken line): go straight to the dead letter.
  struct Broken {
    ByteView bytes;            // as far as they were kept (bounded)
    std::uint64_t offset;
    std::uint64_t size;        // of the whole, when more than was kept
    std::string reason;
  };
  std::vector<Broken> broken;

  // Puts every event into `live`: what a decoder calls when it is done.
  void all_live();

  SlotTable& slot_table() { return slots_; }
  Arena& arena() { return arena_; }
  // Looks into the events of Base::json. The JSON decoder sets it for the events that it indexed; without one, or for
  // events without a token window (made by a transform), `scan` and `validate` read the text by themselves.
  FieldScanner* scanner = nullptr;

  // Fills `slot` of an event with Base::json and sets event.scanned if the event's end was reached.
  void scan(Event& event, SlotNumber slot);
  // Whether the event's text is one valid JSON object; true at once when it has been checked before or is no JSON text.
  // On failure `error` says what and where.
  bool validate(Event& event, std::string& error);
  // The members of the text of an event with Base::json, in order; good until the next call.
  const std::vector<Field>& fields(Event& event);

  // Slots that this batch has room for; slots added to the table since clear() may be beyond.
  std::size_t slot_capacity() const { return stride_; }
  // Slots that were there when the batch was begun: those that its decoder filled, or knows how to fill.
  std::size_t known_slots() const { return known_slots_; }

 private:
  Slice* new_slots();

  SlotTable& slots_;
  Arena arena_;
  std::vector<Event> events_;
  std::vector<Field> fields_;
  std::vector<std::unique_ptr<Slice[]>> slot_blocks_;
  std::size_t slot_block_ = 0;
  std::size_t slot_at_ = 0;
  std::size_t stride_ = 0;
  std::size_t known_slots_ = 0;
};

}  // namespace penstock
