#include "runtime/event/event_json.h"

#include <algorithm>
#include <bitset>

#include "runtime/event/batch.h"
#include "runtime/event/json_text.h"

namespace penstock {

namespace {

using SlotSet = std::bitset<SlotTable::slots_max>;

// Writes members one after another with the commas between.
class ObjectWriter {
 public:
  explicit ObjectWriter(Buffer& out) : out_(out) { out_.append('{'); }
  void separate() {
    if (!first_) out_.append(',');
    first_ = false;
  }
  void member(ByteView json_key, const Slice& value) {
    separate();
    out_.append(json_key);
    json::append_value(out_, value);
  }
  void named_member(ByteView name, const Slice& value) {
    separate();
    json::append_quoted(out_, name);
    out_.append(':');
    json::append_value(out_, value);
  }
  void end() { out_.append('}'); }

 private:
  Buffer& out_;
  bool first_ = true;
};

// Top-level slots that stages wrote and that were not placed yet, in the order of writing.
void append_written(Event& event, const SlotSet& placed, ObjectWriter& writer) {
  const SlotTable& table = event.batch->slot_table();
  std::vector<SlotNumber> written;
  const std::size_t count = std::min(table.size(), event.batch->slot_capacity());
  for (std::size_t slot = 0; slot < count; ++slot) {
    const Slice& value = event.slots[slot];
    if (value.origin == Origin::edited && value.write_order != 0 && value.present() && !placed[slot] && table[static_cast<SlotNumber>(slot)].parent == SlotTable::no_slot)
      written.push_back(static_cast<SlotNumber>(slot));
  }
  std::sort(written.begin(), written.end(), [&](SlotNumber a, SlotNumber b) { return event.slots[a].write_order < event.slots[b].write_order; });
  for (const SlotNumber slot : written) writer.member(table[slot].json_key, event.slots[slot]);
}

const Extra* find_extra(const Event& event, ByteView name) {
  for (const Extra* extra = event.extras; extra; extra = extra->next)
    if (extra->name.view() == name) return extra;
  return nullptr;
}

// Extras are kept newest first; they leave in the order of writing. `placed`: names that were replaced in place.
void append_extras(const Extra* extra, const std::vector<ByteView>& placed, ObjectWriter& writer) {
  if (!extra) return;
  append_extras(extra->next, placed, writer);
  if (extra->value.present() && std::find(placed.begin(), placed.end(), extra->name.view()) == placed.end())
    writer.named_member(extra->name.view(), extra->value);
}

// The slot of an entry's name that was made, and written, after the event was decoded; no_slot when there is none.
SlotNumber written_slot(const Event& event, ByteView name) {
  if (event.writes == 0) return SlotTable::no_slot;
  const SlotNumber slot = event.batch->slot_table().find(name);
  const bool written = slot < event.batch->slot_capacity() && event.slots[slot].origin == Origin::edited && event.slots[slot].write_order != 0;
  return written ? slot : SlotTable::no_slot;
}

void append_entries(Event& event, Buffer& out) {
  const SlotTable& table = event.batch->slot_table();
  ObjectWriter writer(out);
  SlotSet placed;
  std::vector<ByteView> placed_extras;
  for (std::uint32_t i = 0; i < event.entry_count; ++i) {
    const Entry& entry = event.entries[i];
    if (entry.slot != SlotTable::no_slot) {
      const Slice& value = event.slots[entry.slot];
      if (event.writes != 0) placed.set(entry.slot);
      if (value.present()) writer.member(table[entry.slot].json_key, value);
      continue;
    }
    if (const SlotNumber late = written_slot(event, entry.name.view()); late != SlotTable::no_slot) {
      const bool repeated = placed[late];
      placed.set(late);
      if (!repeated && event.slots[late].present()) writer.member(table[late].json_key, event.slots[late]);
      continue;
    }
    const Extra* extra = event.extras ? find_extra(event, entry.name.view()) : nullptr;
    if (extra) {
      if (std::find(placed_extras.begin(), placed_extras.end(), extra->name.view()) != placed_extras.end()) continue;
      placed_extras.push_back(extra->name.view());
    }
    const Slice& value = extra ? extra->value : entry.value;
    if (value.present()) writer.named_member(entry.name.view(), value);
  }
  if (event.writes != 0) append_written(event, placed, writer);
  append_extras(event.extras, placed_extras, writer);
  writer.end();
}

// The bytes of a member, from its key's quote to its value's end.
const char* member_begin(const Field& field) { return field.key.data - 1; }
const char* value_begin(const Field& field) { return field.value.json().data(); }
const char* member_end(const Field& field) { return value_begin(field) + field.value.json().size(); }

// Splices: runs of untouched members are copied as they stand, separators and white space included.
void append_edited_json(Event& event, Buffer& out) {
  const std::vector<Field>& fields = event.batch->fields(event);
  const std::size_t capacity = event.batch->slot_capacity();
  ObjectWriter writer(out);
  SlotSet placed;
  std::vector<ByteView> placed_extras;
  const char* run = nullptr;
  const char* run_end = nullptr;
  const auto flush = [&] {
    if (!run) return;
    writer.separate();
    out.append({run, static_cast<std::size_t>(run_end - run)});
    run = nullptr;
  };
  for (const Field& field : fields) {
    const Slice* edit = nullptr;
    bool repeated = false;
    if (field.slot < capacity && event.slots[field.slot].origin == Origin::edited) {
      edit = &event.slots[field.slot];
      repeated = placed[field.slot];
      placed.set(field.slot);
    } else if (event.extras) {
      const ByteView name = json::string_value(field.key, event.batch->arena());
      if (const Extra* extra = find_extra(event, name)) {
        edit = &extra->value;
        repeated = std::find(placed_extras.begin(), placed_extras.end(), name) != placed_extras.end();
        if (!repeated) placed_extras.push_back(extra->name.view());
      }
    }
    if (!edit) {
      if (!run) run = member_begin(field);
      run_end = member_end(field);
      continue;
    }
    flush();
    if (repeated || !edit->present()) continue;
    writer.separate();
    out.append({member_begin(field), static_cast<std::size_t>(value_begin(field) - member_begin(field))});
    json::append_value(out, *edit);
  }
  flush();
  append_written(event, placed, writer);
  append_extras(event.extras, placed_extras, writer);
  writer.end();
}

}  // namespace

namespace {

// Line ends in a valid JSON text can only be white space between its tokens.
void join_lines(char* at, const char* end) {
  for (; at < end; ++at)
    if (*at == '\n' || *at == '\r') *at = ' ';
}

}  // namespace

void append_event_json(Event& event, Buffer& out) {
  const std::size_t begin = out.size();

  if (event.base == Base::entries)
    append_entries(event, out);
  else if (event.edited)
    append_edited_json(event, out);
  else
    out.append(event.raw());
  if (event.multiline) join_lines(out.data() + begin, out.end());
}

}  // namespace penstock
