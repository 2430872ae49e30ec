-- The nearest right name or value for a wrong one.
jit.off(true, true)  -- runs while a script declares, once: compiling it would cost more than it saves

local show = require "penstock.show"

local M = {}

-- Edits (insert, remove, replace, swap neighbours) that turn a into b. Names are short: the whole table is kept.
local function distance(a, b)
  local rows = {}
  for i = 0, #a do rows[i] = { [0] = i } end
  for j = 0, #b do rows[0][j] = j end
  for i = 1, #a do
    for j = 1, #b do
      local cost = string.byte(a, i) == string.byte(b, j) and 0 or 1
      local best = math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + cost)
      if i > 1 and j > 1 and string.byte(a, i) == string.byte(b, j - 1) and string.byte(a, i - 1) == string.byte(b, j) then
        best = math.min(best, rows[i - 2][j - 2] + 1)
      end
      rows[i][j] = best
    end
  end
  return rows[#a][#b]
end

-- Edits that a word of `size` letters may be away from what was meant.
local function edits_max(size)
  return math.max(size < 4 and 1 or 2, math.floor(size / 3))
end

local function begins_with(text, beginning)
  return string.sub(text, 1, #beginning) == beginning
end

--- The name of `names` that `wrong` is most likely meant to be; nil when none is near. What is no string is never near.
---@param wrong any
---@param names any[]
---@return string?
function M.nearest(wrong, names)
  if type(wrong) ~= "string" or #wrong > 64 then return nil end
  local given = string.lower(wrong)
  local nearest, least = nil, edits_max(#given) + 1
  for _, name in ipairs(names) do
    if type(name) == "string" then
      local meant = string.lower(name)
      local edits = distance(given, meant)
      -- `compress` for `compression`, `aes` for `AES256`: what is only not written out is nearer than what takes two edits.
      if #given >= 2 and begins_with(meant, given) then edits = math.min(edits, 1.5) end
      if #given >= 3 and begins_with(given, meant) then edits = math.min(edits, 2) end
      if edits < least and edits < #name then nearest, least = name, edits end
    end
  end
  return nearest
end

local switches = { yes = true, on = true, no = false, off = false }

-- Whether `wrong` says `value` in another type: "1" for 1, "true" or "yes" for true, 1 for "1".
local function says(wrong, value)
  if type(wrong) == type(value) or type(wrong) == "table" then return false end
  if type(value) == "boolean" and switches[wrong] == value then return true end
  return tostring(wrong) == tostring(value)
end

--- The hint for a wrong value where only `values` are allowed, ready to be shown: `"gzip"`, or `1, a number` for "1"; nil when
--- none is near.
---@param wrong any
---@param values any[]
---@return string?
function M.nearest_value(wrong, values)
  for _, value in ipairs(values) do
    if says(wrong, value) then return show.value(value) .. (tostring(wrong) == tostring(value) and ", a " .. type(value) or "") end
  end
  local nearest = M.nearest(wrong, values)
  return nearest and show.value(nearest)
end

return M
