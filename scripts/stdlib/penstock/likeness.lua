-- Describes what a function of the script is made of, so that a reload can tell whether it is still the same one.
jit.off(true, true)  -- runs when a script is reloaded: compiling it would cost more than it saves

local native = require "penstock.native"

local M = {}

-- Bounds of one description; what is larger is never the same.
local values_max = 200000
local depth_max = 100

local names = {}        -- of what every state has: functions and userdata of the libraries
local no_likeness = {}  -- raised for what cannot be compared

local function text_keys(t)
  local keys = {}
  for key in next, t do
    if type(key) == "string" then keys[#keys + 1] = key end
  end
  table.sort(keys)
  return keys
end

-- Names what can be reached from `root`, level by level and in the order of the alphabet, so that every state gives the same
-- names. What has one keeps it.
local function remember(root, root_name)
  local seen, level = { [root] = true }, { { root, root_name } }
  for _ = 1, 5 do
    local next_level = {}
    for _, entry in ipairs(level) do
      for _, key in ipairs(text_keys(entry[1])) do
        local value, name = rawget(entry[1], key), entry[2] .. "." .. key
        local kind = type(value)
        if (kind == "function" or kind == "userdata") and not names[value] then names[value] = name end
        if kind == "table" and not seen[value] then
          seen[value] = true
          next_level[#next_level + 1] = { value, name }
        end
      end
    end
    level = next_level
  end
end

--- To be called before the script runs: what its environment holds then is no part of the script.
---@param environment table
function M.begin(environment)
  remember(_G, "host")
  remember(require "penstock", "penstock")
  remember(environment, "script")
end

local function key_order(a, b)
  if type(a) ~= type(b) then return type(a) < type(b) end
  if type(a) == "boolean" then return a and not b end
  return a < b
end

local function sorted_keys(t)
  local keys = {}
  for key in next, t do
    local kind = type(key)
    if kind ~= "string" and kind ~= "number" and kind ~= "boolean" then error(no_likeness) end
    keys[#keys + 1] = key
  end
  table.sort(keys, key_order)
  return keys
end

local plain = {
  ["nil"] = function() return "nil" end,
  boolean = tostring,
  number = function(value) return string.format("%.17g", value) end,
  string = function(value) return "s" .. #value .. ":" .. value end,
  cdata = function(value)
    local text = tostring(value)
    if not string.find(text, "^-?%d+U?LL$") then error(no_likeness) end
    return text
  end,
}

-- What is neither plain, nor a table, nor a function.
local function opaque(value)
  if value == native.null then return "null" end
  if native.is_regex(value) then return "re" .. plain.string(tostring(value)) end
  error(no_likeness)
end

--- Describes `f` and what it reaches: upvalues, and the globals of the script. nil: it reaches something that cannot be
--- compared (a coroutine, a secret, a file), or too much.
---
--- Two functions are the same when their shapes are equal and so are their codes, one by one.
---@param f function
---@return { shape: string, codes: { dump: string, file: string, first: integer, last: integer }[] }?
function M.describe(f)
  local parts, codes, numbers, count = {}, native.list {}, {}, 0
  local visit

  local function code(fn)
    local info = debug.getinfo(fn, "S")
    if string.sub(info.source, 1, 10) == "=[penstock" then
      parts[#parts + 1] = info.source .. info.linedefined
      return
    end
    if info.what == "C" then error(no_likeness) end
    codes[#codes + 1] = { dump = string.dump(fn, true), file = string.sub(info.source, 2), first = info.linedefined, last = info.lastlinedefined }
    parts[#parts + 1] = "code"
    return true
  end

  local function visit_function(fn, depth)
    if not code(fn) then return end
    for i = 1, 256 do
      local name, value = debug.getupvalue(fn, i)
      if not name then break end
      visit(value, depth + 1)
    end
    visit(debug.getfenv(fn), depth + 1)
  end

  local function visit_table(t, depth)
    parts[#parts + 1] = "{"
    for _, key in ipairs(sorted_keys(t)) do
      visit(key, depth + 1)
      visit(rawget(t, key), depth + 1)
    end
    parts[#parts + 1] = "}"
    visit(debug.getmetatable(t), depth + 1)
  end

  function visit(value, depth)
    count = count + 1
    if count > values_max or depth > depth_max then error(no_likeness) end
    local kind = type(value)
    if plain[kind] then
      parts[#parts + 1] = plain[kind](value)
    elseif names[value] then
      parts[#parts + 1] = "@" .. names[value]
    elseif kind ~= "table" and kind ~= "function" then
      parts[#parts + 1] = opaque(value)
    elseif numbers[value] then
      parts[#parts + 1] = "#" .. numbers[value]
    else
      numbers[value] = count
      if kind == "table" then visit_table(value, depth) else visit_function(value, depth) end
    end
  end

  local done, message = pcall(visit, f, 0)
  if done then return { shape = table.concat(parts, " "), codes = codes } end
  if message ~= no_likeness then error(message, 0) end
end

return M
