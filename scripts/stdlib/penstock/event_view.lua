-- Events as transforms see them. Private: uses the FFI, which scripts do not reach.
-- The other half is runtime/script/event_view.h.
--
-- One view serves every event of a Lua state: it always shows the event that the loop stands at. A script that wants to
-- keep an event takes `event:totable()`.
local ffi = require "ffi"

ffi.cdef [[
typedef struct {
  const char* data;
  uint32_t size;
  uint32_t position;
  double number;
  int64_t integer;
} PenstockView;
int penstock_view_next(PenstockView*);
void penstock_view_drop(PenstockView*);
bool penstock_view_replace(PenstockView*);
bool penstock_view_born(PenstockView*, const char*, uint32_t);
int penstock_view_slot(PenstockView*, uint32_t, const char*, uint32_t);
int penstock_view_path(PenstockView*, const char*, uint32_t);
int penstock_view_get(PenstockView*, uint32_t);
int penstock_view_get_named(PenstockView*, uint32_t, const char*, uint32_t);
void penstock_view_raw(PenstockView*);
int penstock_view_json(PenstockView*);
bool penstock_view_set(PenstockView*, uint32_t, int, const char*, uint32_t, double, int64_t);
bool penstock_view_set_named(PenstockView*, uint32_t, const char*, uint32_t, int, const char*, uint32_t, double, int64_t);
]]

local C = ffi.C
local ffi_string, ffi_istype, ffi_new, ffi_cast = ffi.string, ffi.istype, ffi.new, ffi.cast
local loadstring = loadstring
local type, getmetatable, next, error, tostring, newproxy = type, getmetatable, next, error, tostring, newproxy

local NIL, NULL, FALSE, TRUE, NUMBER, INT64, UINT64, STRING, OBJECT, ARRAY = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
local TOP = 65535
local OUT_OF_MEMORY = "out of memory: a transform writes at most 64 MiB, or 65536 events, for one batch"
local int64_t, uint64_t = ffi.typeof "int64_t", ffi.typeof "uint64_t"

-- `transform` goes on behind the current event; an error leaves the loop at the event that caused it.
local LOOPS = [[
local C, view, event, replace = ...
return {
  transform = function(fn)
    return function()
      while C.penstock_view_next(view) ~= 0 do
        local result = fn(event)
        if result ~= nil and result ~= true then
          if result == false then C.penstock_view_drop(view) else replace(result) end
        end
      end
    end
  end,
  filter = function(fn)
    return function()
      while C.penstock_view_next(view) ~= 0 do
        if not fn(event) then C.penstock_view_drop(view) end
      end
    end
  end,
}
]]

local M = {}

--- Makes the view of one Lua state.
---@param pointer lightuserdata  its PenstockView
---@param null any  p.null
---@param decode fun(json: string): any   JSON text to Lua values
---@param encode fun(value: any): string  Lua values to JSON text; raises on what JSON cannot hold
---@param note? fun(use: string, parent?: integer, name?: string)  told of every access; slow, for `explain`
---@param place string  where the function begins in the script, for errors about what it returned
---@return table loops  `transform(fn)` and `filter(fn)`: each a function that works through the current batch
function M.open(pointer, null, decode, encode, note, place)
  local view = ffi_cast("PenstockView*", pointer)
  -- Scripts see userdata, not tables: rawset, next and pairs find nothing in them to break.
  local event = newproxy(true)
  local nested = {} -- slot -> the proxy of the object in it
  local slot_of = {} -- and back
  local nested_proxy -- makes one

  local function payload(kind, slot)
    if kind == STRING then return ffi_string(view.data, view.size) end
    if kind == NUMBER then return view.number end
    if kind == NIL then return nil end
    if kind == TRUE then return true end
    if kind == FALSE then return false end
    if kind == NULL then return null end
    if kind == OBJECT and slot then
      return nested[slot] or nested_proxy(slot)
    end
    if kind == INT64 then return ffi_new(int64_t, view.integer) end
    if kind == UINT64 then return ffi_cast(uint64_t, view.integer) end
    return decode(ffi_string(view.data, view.size))
  end

  -- Names of one level to their slots; a name without one (too many) gives false.
  local function discover(slots, parent, name)
    if type(name) ~= "string" then error("a field's name must be a string, got " .. type(name), 4) end
    local slot = C.penstock_view_slot(view, parent, name, #name)
    if slot < 0 then return false end
    slots[name] = slot
    return slot
  end

  local function get(slots, parent, name)
    local slot = slots[name] or discover(slots, parent, name)
    if slot then return payload(C.penstock_view_get(view, slot), slot) end
    local kind = C.penstock_view_get_named(view, parent, name, #name)
    if kind == OBJECT then kind = ARRAY end -- no slot, no proxy: a copy as a table
    return payload(kind)
  end

  -- Whatever is neither string, number, boolean nor nil, as type and JSON text.
  local function convert(value)
    if value == null then return NULL end
    if type(value) == "table" then
      local text = encode(value)
      return text:byte(1) == 91 and ARRAY or OBJECT, text
    end
    if type(value) == "userdata" and (value == event or slot_of[value]) then
      local text
      if value == event then
        if C.penstock_view_json(view) == 0 then error(ffi_string(view.data, view.size), 4) end
        text = ffi_string(view.data, view.size)
      else
        if C.penstock_view_get(view, slot_of[value]) ~= OBJECT then return NIL end
        text = ffi_string(view.data, view.size)
      end
      return OBJECT, text
    end
    if type(value) == "cdata" then
      if ffi_istype(int64_t, value) then return INT64, nil, value end
      if ffi_istype(uint64_t, value) then return UINT64, nil, ffi_cast(int64_t, value) end
    end
    error("cannot store a " .. type(value) .. " in an event", 4)
  end

  local function put(slots, parent, name, value)
    local slot = slots[name] or discover(slots, parent, name)
    local kind, text, number, integer = NIL, nil, 0, 0
    local t = type(value)
    if t == "string" then
      kind, text = STRING, value
    elseif t == "number" then
      if value ~= value or value == 1 / 0 or value == -1 / 0 then error("cannot store " .. tostring(value) .. ": JSON has no such number", 3) end
      kind, number = NUMBER, value
    elseif t == "boolean" then
      kind = value and TRUE or FALSE
    elseif t ~= "nil" then
      kind, text, integer = convert(value)
      integer = integer or 0
    end
    text = text or ""
    local stored
    if slot then
      stored = C.penstock_view_set(view, slot, kind, text, #text, number, integer)
    else
      stored = C.penstock_view_set_named(view, parent, name, #name, kind, text, #text, number, integer)
    end
    if not stored then error(OUT_OF_MEMORY, 3) end
  end

  -- Set once: LuaJIT takes upvalues that never change for constants.
  local read = not note and get or function(slots, parent, name)
    note("read", parent, name)
    return get(slots, parent, name)
  end
  local write = not note and put or function(slots, parent, name, value)
    note("write", parent, name)
    return put(slots, parent, name, value)
  end

  local paths = {}
  local function path_slot(path)
    local slot = paths[path]
    if slot then return slot end
    if type(path) ~= "string" then error("a path must be a string, got " .. type(path), 3) end
    slot = C.penstock_view_path(view, path, #path)
    if slot == -2 then error(ffi_string(view.data, view.size), 3) end
    if slot == -1 then error("too many different fields are used by path in this pipeline", 3) end
    paths[path] = slot
    return slot
  end

  -- What `event:name()` calls. A field of such a name is read by event:get "name".
  local methods = {
    get = function(_, path)
      local slot = path_slot(path)
      if note then note("path", TOP, path) end
      return payload(C.penstock_view_get(view, slot), slot)
    end,
    raw = function()
      if note then note "whole" end
      C.penstock_view_raw(view)
      return ffi_string(view.data, view.size)
    end,
    totable = function()
      if note then note "whole" end
      if C.penstock_view_json(view) == 0 then error(ffi_string(view.data, view.size), 2) end
      return decode(ffi_string(view.data, view.size))
    end,
  }

  local top = {}
  local event_meta = getmetatable(event)
  event_meta.__index = function(_, name) return methods[name] or read(top, TOP, name) end
  event_meta.__newindex = function(_, name, value) write(top, TOP, name, value) end
  event_meta.__metatable = "penstock.Event"
  event_meta.__tostring = function()
    if note then note "whole" end
    if C.penstock_view_json(view) == 0 then return "event (not valid JSON)" end
    return ffi_string(view.data, view.size)
  end

  function nested_proxy(slot)
    local proxy = newproxy(true)
    local slots = {}
    local meta = getmetatable(proxy)
    meta.__index = function(_, name) return read(slots, slot, name) end
    meta.__newindex = function(_, name, value) write(slots, slot, name, value) end
    meta.__metatable = "penstock.Object"
    meta.__tostring = function()
      if C.penstock_view_get(view, slot) ~= OBJECT then return "nil" end
      return ffi_string(view.data, view.size)
    end
    nested[slot], slot_of[proxy] = proxy, slot
    return proxy
  end

  -- A list of events that take the current one's place.
  local function replace(list)
    if type(list) ~= "table" then
      error(place .. ": a transform returns nothing, false or a list of events, got " .. (list == event and "the event (return nothing to keep it)" or type(list)), 0)
    end
    local keys = 0
    for _ in next, list do keys = keys + 1 end
    if keys ~= #list then error(place .. ": a transform returns a list of events, got a table with names (write { { ... } })", 0) end
    if not C.penstock_view_replace(view) then error(ffi_string(view.data, view.size), 0) end
    for i = 1, #list do
      local value = list[i]
      if type(value) ~= "table" and value ~= event then error(place .. ": a transform's list holds events as tables, got " .. type(value) .. " at " .. i, 0) end
      local kind, text = convert(value)
      if kind ~= OBJECT then error(place .. ": a transform's list holds events as tables with names, got a list at " .. i, 0) end
      if not C.penstock_view_born(view, text, #text) then error(OUT_OF_MEMORY, 0) end
    end
  end

  -- Compiled anew for each stage: LuaJIT gives up on a loop for good when one function cannot be compiled in it.
  local loops = loadstring(LOOPS, "=[penstock.event_view]")
  return loops(C, view, event, replace)
end

return M
