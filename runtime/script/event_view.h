// How Lua sees the events of a batch: through the FFI, on plain C structures, so that LuaJIT compiles a transform with its
// event access into one loop. Nothing here uses the Lua C API.
//
// The Lua half is scripts/stdlib/penstock/event_view.lua, which declares the same structures and functions.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/event/batch.h"

namespace penstock::script {

// What a transform did with an event beside changing it.
struct Birth {
  std::uint32_t event;    // index in the batch of the event that these replace
  ByteView json;          // one object's text, in the batch's arena
};

}  // namespace penstock::script

extern "C" {

// What a value is to Lua; the payload stands in the view.
enum PenstockValue : int {
  penstock_nil = 0,
  penstock_null = 1,
  penstock_false = 2,
  penstock_true = 3,
  penstock_number = 4,   // view->number
  penstock_int64 = 5,    // view->integer: an integer that a double cannot hold
  penstock_uint64 = 6,   // view->integer, unsigned
  penstock_string = 7,   // view->data, view->size: unescaped
  penstock_object = 8,   // view->data, view->size: JSON text
  penstock_array = 9,    // view->data, view->size: JSON text
};

// What becomes of an event that a function has seen.
enum PenstockFate : std::uint8_t { penstock_keep, penstock_drop, penstock_replaced, penstock_rejected };

// One for each stage that calls Lua. Outside of its stage's run it has no event: reads give nil, writes do nothing. Lua holds a pointer to it for good; everything is about the current event.
struct PenstockView {
  const char* data;
  std::uint32_t size;
  std::uint32_t position;      // of the current event in batch.live
  double number;
  std::int64_t integer;
  // From here on not seen by Lua.
  penstock::Batch* batch;
  penstock::Event* event;
  std::uint32_t count;         // events in batch.live
  std::vector<std::uint8_t>* verdicts;  // by position: a PenstockFate
  std::vector<penstock::script::Birth>* births;
  penstock::Buffer* scratch;
};

// Moves to the next event; 0 at the end of the batch.
int penstock_view_next(PenstockView* view);
// The current event leaves the pipeline.
void penstock_view_drop(PenstockView* view);
// The current event is replaced; each call of `born` adds one in its place. False: its text is broken (the reason in data, size).
bool penstock_view_replace(PenstockView* view);
// False: this batch's events hold as much memory as they may.
bool penstock_view_born(PenstockView* view, const char* json, std::uint32_t size);

// The slot of a name below `parent` (65535: top level), made when it is new; -1 when there is no room for one: use the
// `_named` functions then.
int penstock_view_slot(PenstockView* view, std::uint32_t parent, const char* name, std::uint32_t size);
// The slot of a path by its text; -1 no room, -2 malformed (the reason in data, size).
int penstock_view_path(PenstockView* view, const char* text, std::uint32_t size);

// Each returns a PenstockValue and leaves the payload in the view.
int penstock_view_get(PenstockView* view, std::uint32_t slot);
int penstock_view_get_named(PenstockView* view, std::uint32_t parent, const char* name, std::uint32_t size);
// The bytes the event came as; once a stage has changed it (redact, say), its JSON text.
void penstock_view_raw(PenstockView* view);
// The event as it stands now, as JSON text; 0 when its text is not valid (the reason in data, size).
int penstock_view_json(PenstockView* view);

// Writes; false when this batch's events hold as much memory as they may. `type` says which of the arguments counts; penstock_nil removes; strings and JSON texts are copied.
bool penstock_view_set(PenstockView* view, std::uint32_t slot, int type, const char* data, std::uint32_t size, double number, std::int64_t integer);
bool penstock_view_set_named(PenstockView* view, std::uint32_t parent, const char* name, std::uint32_t name_size, int type, const char* data,
                             std::uint32_t size, double number, std::int64_t integer);
}
