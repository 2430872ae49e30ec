-- The nearest right name for a wrong one.
jit.off(true, true)  -- runs while a script declares, once: compiling it would cost more than it saves

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

--- The name of `names` that `wrong` is most likely meant to be; nil when none is near.
---@param wrong string
---@param names string[]
---@return string?
function M.nearest(wrong, names)
  if #wrong > 64 then return nil end
  local nearest, least = nil, math.max(2, math.floor(#wrong / 3)) + 1
  for _, name in ipairs(names) do
    local edits = distance(string.lower(wrong), string.lower(name))
    -- `compress` for `compression`: a common beginning counts as near.
    if #wrong >= 3 and (string.sub(name, 1, #wrong) == wrong or string.sub(wrong, 1, #name) == name) then edits = math.min(edits, 2) end
    if edits < least and edits < #name then nearest, least = name, edits end
  end
  return nearest
end

return M
