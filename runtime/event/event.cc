#include "runtime/event/event.h"

#include <algorithm>
#include <span>

#include "runtime/event/batch.h"
#include "runtime/event/json_text.h"

namespace penstock {

namespace {

void forget_nested(Event& event, const SlotTable& table, SlotNumber slot, std::size_t capacity) {
  for (const SlotNumber nested : table[slot].nested) {
    if (nested < capacity) event.slots[nested] = Slice{};
    forget_nested(event, table, nested, capacity);
  }
}

// The field of an event that was decoded before its slot was made.
Slice find_unindexed(const Event& event, ByteView name) {
  if (event.base == Base::json) return json::find_member(event.raw(), name, event.batch->arena());
  for (std::uint32_t i = 0; i < event.entry_count; ++i)
    if (event.entries[i].slot == SlotTable::no_slot && event.entries[i].name.view() == name) return event.entries[i].value;
  return Slice::missing();
}

Slice lone_member(ByteView name, const Slice& value, Arena& arena) { return json::with_member("{}", name, value, arena); }

// Whether the field of `below` lies within that of `above`, or is it.
bool within(const Path& below, const Path& above) {
  return below.size() >= above.size() && std::equal(above.begin(), above.end(), below.begin());
}

using Names = std::span<const std::string>;

Slice value_at(Slice value, Names path, Arena& arena) {
  for (const std::string& name : path) value = value.kind == Kind::object ? json::find_member(value.view(), name, arena) : Slice::missing();
  return value;
}

// `whole` with `value` at `path` in it.
Slice with_value_at(const Slice& whole, Names path, const Slice& value, Arena& arena) {
  if (path.empty()) return value;
  const bool object = whole.kind == Kind::object;
  if (!object && !value.present()) return whole;
  const Slice old = object ? json::find_member(whole.view(), path[0], arena) : Slice::missing();
  return json::with_member(object ? whole.view() : "{}", path[0], with_value_at(old, path.subspan(1), value, arena), arena);
}

}  // namespace

void Event::fill(SlotNumber slot) {
  const SlotTable::Slot& wanted = batch->slot_table()[slot];
  if (wanted.parent != SlotTable::no_slot) {
    const Slice parent = get(wanted.parent);
    slots[slot] = parent.kind == Kind::object ? json::find_member(parent.view(), wanted.name, batch->arena()) : Slice::missing();
    return;
  }
  if (slot >= batch->known_slots())
    slots[slot] = find_unindexed(*this, wanted.name);
  else if (!scanned && base == Base::json)
    batch->scan(*this, slot);
  if (slots[slot].kind == Kind::unset) slots[slot] = Slice::missing();
}

void Event::set(SlotNumber slot, Slice value) {
  set_aside(slot, value);
  write(slot, value);
}

void Event::set_aside(SlotNumber slot, const Slice& value) {
  const SlotTable& table = batch->slot_table();
  for (const SlotTable::Aside& aside : table.asides()) {
    Slice& kept = slots[aside.kept];
    if (kept.kind == Kind::unset) continue;
    const Path& source = table[aside.source].path;
    const Path& written = table[slot].path;
    if (within(source, written))
      kept = value_at(value, Names(source).subspan(written.size()), batch->arena());
    else if (within(written, source))
      kept = with_value_at(kept, Names(written).subspan(source.size()), value, batch->arena());
    kept.origin = Origin::base;
    kept.write_order = 0;
    if (kept.kind == Kind::unset) kept.kind = Kind::missing;
  }
}

void Event::write(SlotNumber slot, Slice value) {
  edited = true;
  const SlotTable& table = batch->slot_table();
  const SlotTable::Slot& target = table[slot];
  if (target.parent != SlotTable::no_slot) {
    const Slice parent = get(target.parent);
    if (parent.kind == Kind::object)
      write(target.parent, json::with_member(parent.view(), target.name, value, batch->arena()));
    else if (value.present())
      write(target.parent, lone_member(target.name, value, batch->arena()));
    return;
  }
  value.origin = Origin::edited;
  if (value.kind == Kind::unset) value.kind = Kind::missing;
  const Slice& old = slots[slot];
  if (old.origin == Origin::edited && old.write_order != 0 && old.kind != Kind::missing) {
    value.write_order = old.write_order;
  } else {
    if (writes < 0xffff) ++writes;
    value.write_order = writes;
  }
  slots[slot] = value;
  forget_nested(*this, table, slot, batch->slot_capacity());
}

Slice Event::get_by_name(ByteView name) {
  const SlotNumber slot = batch->slot_table().find(name);
  if (slot < batch->slot_capacity()) return get(slot);
  for (const Extra* extra = extras; extra; extra = extra->next)
    if (extra->name.view() == name) return extra->value;
  return find_unindexed(*this, name);
}

void Event::set_by_name(ByteView name, Slice value) {
  const SlotNumber slot = batch->slot_table().find(name);
  if (slot < batch->slot_capacity()) return set(slot, value);
  edited = true;
  value.origin = Origin::edited;
  if (value.kind == Kind::unset) value.kind = Kind::missing;
  for (Extra* extra = extras; extra; extra = extra->next) {
    if (extra->name.view() == name) {
      extra->value = value;
      return;
    }
  }
  Arena& arena = batch->arena();
  Extra* extra = arena.allocate_array<Extra>(1);
  *extra = {Slice::text(arena.copy(name)), value, extras};
  extras = extra;
}

}  // namespace penstock
