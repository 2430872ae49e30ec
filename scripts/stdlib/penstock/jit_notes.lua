-- Listens to LuaJIT while it compiles a script's functions, for `penstock explain`. Private: uses jit.*, which scripts do not
-- reach. The other half is runtime/script/function_watch.h.
--
-- LuaJIT records a trace from a starting point (a hot loop, a hot function, a hot way out of another trace) and gives the
-- recording up where it meets what it cannot compile. It tries again some times. What counts is what it never got over: the
-- starting points that failed again and again, with no success after that. One that failed once or twice and was not hot again
-- does not matter: its code runs as a part of other traces by then.
jit.off(true, true)

local native = require "penstock.native"
local util = require "jit.util"
local vmdef = require "penstock.luajit_vmdef" -- LuaJIT's jit/vmdef.lua; an empty table where the build did not find it

-- Failures of one starting point before they count. A hot root that fails is tried again after about 72 rounds, then after twice
-- as many, and so on; a way out of a trace is tried 4 times.
local tries_min = 3

local M = {}

-- What LuaJIT's bytecodes are in a script's terms: those that it is known to give up at.
local in_words = {
  FNEW = "a function is made",
  UCLO = "a block ends whose locals a function keeps",
  ISNEXT = "pairs or next",
  ITERN = "pairs or next",
  VARG = "variable arguments",
  TSETM = "a table from many values",
}

local function bytecode(number)
  local name = vmdef.bcnames and vmdef.bcnames:sub(number * 6 + 1, number * 6 + 6):gsub(" ", "") or ""
  if name == "" then return tostring(number) end
  return in_words[name] and name .. " (" .. in_words[name] .. ")" or name
end

-- The name of a function of LuaJIT's library, by its number or value.
local function library_function(info)
  local number = type(info) == "function" and util.funcinfo(info).ffid or info
  return vmdef.ffnames and vmdef.ffnames[number] or "of a library"
end

-- The words for an error number, with what belongs into them.
local function reason(code, info)
  if type(code) ~= "number" then return tostring(code) end
  local text = vmdef.traceerr and vmdef.traceerr[code]
  if not text then return "LuaJIT's trace error " .. code end
  if text:find("bytecode %d", 1, true) then return (text:gsub("%%d", function() return bytecode(info) end)) end
  if text:find("FastFunc %s", 1, true) then return (text:gsub("FastFunc %%s", function() return library_function(info) end)) end
  return (text:gsub("%%[ds]", function() return tostring(info) end))
end

-- The line of the script: where `func` stands, or what called the embedded module that it belongs to.
local function place(func, pc)
  local info = util.funcinfo(func, pc)
  local source = info.source
  if source and source:sub(1, 10) ~= "=[penstock" and info.currentline then
    return source:gsub("^[@=]", ""), info.currentline
  end
  return native.place()
end

local function start_key(func, pc, parent, exit)
  if parent and exit ~= -1 then return parent .. "/" .. exit, true end
  local info = util.funcinfo(func)
  return tostring(info.source) .. ":" .. tostring(info.linedefined) .. ":" .. tostring(pc), false
end

local function add_place(places, file, line)
  for _, known in ipairs(places) do
    if known.file == file and known.line == line then return end
  end
  places[#places + 1] = { file = file, line = line }
end

local listener

--- Notes what LuaJIT does from now on, until detach.
---@param running fun(): integer?  the number of the script's function that runs
function M.attach(running)
  local functions, order = {}, {}
  local open = {} -- by trace number: the starting point that is being recorded

  local function notes_of(number)
    local notes = functions[number]
    if not notes then
      notes = { number = number, traces = 0, failed = {}, starts = {}, stitched = native.list {} }
      functions[number] = notes
      order[#order + 1] = notes
    end
    return notes
  end

  local function note_abort(notes, start, func, pc, code, info)
    local failures = notes.failed[start.key]
    if not failures then
      failures = {}
      notes.failed[start.key] = failures
      notes.starts[#notes.starts + 1] = start.key
    end
    local file, line = place(func, pc)
    failures[#failures + 1] = { file = file, line = line, reason = reason(code, info), count = 1, side = start.side }
  end

  local function listen(what, trace, func, pc, a, b)
    local number = running()
    if not number then return end
    local notes = notes_of(number)
    if what == "start" then
      if b == -1 then add_place(notes.stitched, place(func, pc)) end
      local key, side = start_key(func, pc, a, b)
      open[trace] = { key = key, side = side }
    elseif what == "abort" and open[trace] then
      note_abort(notes, open[trace], func, pc, a, b)
    elseif what == "stop" and open[trace] then
      -- One that links to the interpreter is LuaJIT's way to stop trying.
      if util.traceinfo(trace).linktype == "interpreter" then return end
      notes.traces = notes.traces + 1
      notes.failed[open[trace].key] = nil
    end
  end

  listener = { call = listen, order = order }
  jit.attach(listen, "trace")
end

-- The failures that stand, those at one line for one reason as one.
local function lost(notes)
  local list, by_place = native.list {}, {}
  for _, key in ipairs(notes.starts) do
    local failures = notes.failed[key] or {}
    notes.failed[key] = nil
    for _, failure in ipairs(#failures >= tries_min and failures or {}) do
      local at = tostring(failure.file) .. ":" .. tostring(failure.line) .. ":" .. failure.reason
      local known = by_place[at]
      if known then
        known.count, known.side = known.count + failure.count, known.side and failure.side
      else
        by_place[at] = failure
        list[#list + 1] = failure
      end
    end
  end
  return list
end

--- Ends the notes.
---@return table[] functions  { number, traces, lost = { { file, line, reason, count, side }... }, stitched = { { file, line }... } }
function M.detach()
  local result = native.list {}
  if not listener then return result end
  jit.attach(listener.call)
  for _, notes in ipairs(listener.order) do
    result[#result + 1] = { number = notes.number, traces = notes.traces, lost = lost(notes), stitched = notes.stitched }
  end
  listener = nil
  return result
end

return M
