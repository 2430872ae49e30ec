#include "runtime/script/event_view.h"

#include <charconv>

#include "runtime/event/event_json.h"
#include "runtime/event/json_text.h"
#include "runtime/event/path.h"
#include "runtime/script/json_number.h"

namespace {

using namespace penstock;

// Slots that transforms may add to a plan; names beyond are looked up by name each time.
constexpr std::size_t discovered_slots_max = 256;
// What a transform may write into the events of one batch, and how many events it may make of them.
constexpr std::size_t written_bytes_max = 64 * 1024 * 1024;
constexpr std::size_t births_max = 64 * 1024;

bool has_room(const PenstockView* view, std::size_t size) { return view->batch->arena().bytes() + size <= written_bytes_max; }

int number_value(PenstockView* view, ByteView text) {
  const script::Number number = script::read_number(text);
  view->number = number.real;
  view->integer = number.integer;
  switch (number.kind) {
    case script::NumberKind::real:
      return penstock_number;
    case script::NumberKind::int64:
      return penstock_int64;
    case script::NumberKind::uint64:
      return penstock_uint64;
    case script::NumberKind::text:
      break;
  }
  view->data = text.data();
  view->size = static_cast<std::uint32_t>(text.size());
  return penstock_string;
}

int lua_value(PenstockView* view, const Slice& value) {
  switch (value.kind) {
    case Kind::unset:
    case Kind::missing:
      return penstock_nil;
    case Kind::null:
      return penstock_null;
    case Kind::boolean_false:
      return penstock_false;
    case Kind::boolean_true:
      return penstock_true;
    case Kind::number:
      return number_value(view, value.view());
    case Kind::string_escaped: {
      const ByteView text = json::unescape(value.view(), view->batch->arena());
      view->data = text.data();
      view->size = static_cast<std::uint32_t>(text.size());
      return penstock_string;
    }
    case Kind::string:
    case Kind::text:
      view->data = value.data;
      view->size = value.size;
      return penstock_string;
    case Kind::object:
    case Kind::array:
      view->data = value.data;
      view->size = value.size;
      return value.kind == Kind::object ? penstock_object : penstock_array;
  }
  return penstock_nil;
}

Slice number_slice(double number, Arena& arena) {
  char text[script::number_text_max];
  return Slice::number(arena.copy({text, script::write_number(number, text)}));
}

template <class Integer>
Slice integer_slice(Integer value, Arena& arena) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, value);
  return Slice::number(arena.copy({text, static_cast<std::size_t>(end.ptr - text)}));
}

Slice slice_of(Arena& arena, int type, ByteView bytes, double number, std::int64_t integer) {
  switch (type) {
    case penstock_null:
      return Slice::null();
    case penstock_false:
    case penstock_true:
      return Slice::boolean(type == penstock_true);
    case penstock_number:
      return number_slice(number, arena);
    case penstock_int64:
      return integer_slice(integer, arena);
    case penstock_uint64:
      return integer_slice(static_cast<std::uint64_t>(integer), arena);
    case penstock_string:
      return Slice::text(arena.copy(bytes));
    case penstock_object:
    case penstock_array:
      return json::classify(arena.copy(bytes));
    default:
      return Slice::missing();
  }
}

void leave(PenstockView* view, ByteView bytes) {
  view->data = bytes.data();
  view->size = static_cast<std::uint32_t>(bytes.size());
}

}  // namespace

int penstock_view_next(PenstockView* view) {
  if (++view->position >= view->count) return 0;
  view->event = &(*view->batch)[view->batch->live[view->position]];
  return 1;
}

void penstock_view_drop(PenstockView* view) { (*view->verdicts)[view->position] = penstock_drop; }

bool penstock_view_replace(PenstockView* view) {
  // What comes instead must not hide that the event was broken.
  std::string error;
  if (!view->batch->validate(*view->event, error)) {
    leave(view, view->batch->arena().copy(error));
    return false;
  }
  (*view->verdicts)[view->position] = penstock_replaced;
  return true;
}

bool penstock_view_born(PenstockView* view, const char* json, std::uint32_t size) {
  if (view->births->size() >= births_max || !has_room(view, size)) return false;
  const ByteView text = view->batch->arena().copy({json, size});
  view->births->push_back({view->batch->live[view->position], text});
  return true;
}

int penstock_view_slot(PenstockView* view, std::uint32_t parent, const char* name, std::uint32_t size) {
  SlotTable& table = view->batch->slot_table();
  SlotNumber slot = SlotTable::no_slot;
  if (parent == SlotTable::no_slot) {
    slot = table.find({name, size});
    if (slot == SlotTable::no_slot && table.size() < discovered_slots_max) slot = table.add(std::string_view(name, size));
  } else {
    Path path = table[static_cast<SlotNumber>(parent)].path;
    path.emplace_back(name, size);
    if (table.size() < discovered_slots_max) slot = table.add(path);
  }
  return slot == SlotTable::no_slot ? -1 : slot;
}

int penstock_view_path(PenstockView* view, const char* text, std::uint32_t size) {
  Result<Path> path = parse_path({text, size});
  if (!path.ok()) {
    leave(view, view->batch->arena().copy(path.status().text()));
    return -2;
  }
  SlotTable& table = view->batch->slot_table();
  if (table.size() >= discovered_slots_max) return -1;
  const SlotNumber slot = table.add(path.value());
  return slot == SlotTable::no_slot ? -1 : slot;
}

int penstock_view_get(PenstockView* view, std::uint32_t slot) {
  if (!view->event) return penstock_nil;
  if (slot >= view->batch->slot_capacity()) [[unlikely]] {
    // The slot was added while this batch is under way.
    const SlotTable::Slot& wanted = view->batch->slot_table()[static_cast<SlotNumber>(slot)];
    return penstock_view_get_named(view, wanted.parent, wanted.name.data(), static_cast<std::uint32_t>(wanted.name.size()));
  }
  return lua_value(view, view->event->get(static_cast<SlotNumber>(slot)));
}

int penstock_view_get_named(PenstockView* view, std::uint32_t parent, const char* name, std::uint32_t size) {
  if (!view->event) return penstock_nil;
  if (parent == SlotTable::no_slot) return lua_value(view, view->event->get_by_name({name, size}));
  const int kind = penstock_view_get(view, parent);
  if (kind != penstock_object) return penstock_nil;
  return lua_value(view, json::find_member({view->data, view->size}, {name, size}, view->batch->arena()));
}

void penstock_view_raw(PenstockView* view) {
  if (!view->event) return leave(view, ByteView());
  // Once a stage has changed the event its old bytes are nobody's business: redact may have been that stage.
  if (!view->event->edited || penstock_view_json(view) == 0) leave(view, view->event->edited ? ByteView() : view->event->raw());
}

int penstock_view_json(PenstockView* view) {
  if (!view->event) {
    leave(view, "the event was kept after its time: keep event:totable()");
    return 0;
  }
  std::string error;
  if (!view->batch->validate(*view->event, error)) {
    leave(view, view->batch->arena().copy(error));
    return 0;
  }
  view->scratch->clear();
  append_event_json(*view->event, *view->scratch);
  leave(view, view->scratch->view());
  return 1;
}

bool penstock_view_set(PenstockView* view, std::uint32_t slot, int type, const char* data, std::uint32_t size, double number, std::int64_t integer) {
  if (slot >= view->batch->slot_capacity()) [[unlikely]] {
    const SlotTable::Slot& wanted = view->batch->slot_table()[static_cast<SlotNumber>(slot)];
    return penstock_view_set_named(view, wanted.parent, wanted.name.data(), static_cast<std::uint32_t>(wanted.name.size()), type, data, size, number, integer);
  }
  if (!view->event) return true;
  if (!has_room(view, size)) return false;
  view->event->set(static_cast<SlotNumber>(slot), slice_of(view->batch->arena(), type, {data, size}, number, integer));
  return true;
}

bool penstock_view_set_named(PenstockView* view, std::uint32_t parent, const char* name, std::uint32_t name_size, int type, const char* data,
                             std::uint32_t size, double number, std::int64_t integer) {
  if (!view->event) return true;
  if (!has_room(view, size)) return false;
  Arena& arena = view->batch->arena();
  const Slice value = slice_of(arena, type, {data, size}, number, integer);
  if (parent == SlotTable::no_slot) {
    view->event->set_by_name({name, name_size}, value);
    return true;
  }
  const int kind = penstock_view_get(view, parent);
  const ByteView object = kind == penstock_object ? ByteView(view->data, view->size) : ByteView("{}");
  if (kind != penstock_object && !value.present()) return true;
  const Slice changed = json::with_member(object, {name, name_size}, value, arena);
  return penstock_view_set(view, parent, penstock_object, changed.data, changed.size, 0, 0);
}
