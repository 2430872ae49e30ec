-- Sizes and times as people write them.
local M = {}

local byte_units = {
  B = 1,
  KiB = 1024, MiB = 1024 ^ 2, GiB = 1024 ^ 3, TiB = 1024 ^ 4,
  kB = 1e3, KB = 1e3, MB = 1e6, GB = 1e9, TB = 1e12,
}

local millisecond_units = { ms = 1, s = 1e3, m = 60e3, min = 60e3, h = 3600e3, d = 86400e3 }

local function whole(number)
  return number == math.floor(number) and math.abs(number) <= 2 ^ 53
end

--- Bytes from a number of bytes or a text such as `10MiB`; nil when it is neither.
---@param value any
---@return integer?
function M.bytes(value)
  if type(value) == "number" then return whole(value) and value or nil end
  if type(value) ~= "string" then return nil end
  local number, unit = string.match(value, "^%s*(%d+%.?%d*)%s*(%a*)%s*$")
  local factor = number and (unit == "" and 1 or byte_units[unit])
  local bytes = factor and tonumber(number) * factor
  return bytes and whole(bytes) and bytes or nil
end

--- Milliseconds from a number of seconds or a text such as `500ms`, `1.5s`, `1h30m`; nil when it is neither.
---@param value any
---@return integer?
function M.milliseconds(value)
  if type(value) == "number" then
    local ms = math.floor(value * 1000 + 0.5)
    return whole(ms) and ms or nil
  end
  if type(value) ~= "string" then return nil end
  local total, at = 0, 1
  while at <= #value do
    local number, unit, after = string.match(value, "^%s*(%d+%.?%d*)%s*(%a+)%s*()", at)
    local factor = number and millisecond_units[unit]
    if not factor then return nil end
    total, at = total + tonumber(number) * factor, after
  end
  return #value > 0 and whole(total) and total or nil
end

--- `10 MiB`, `1000 B`: the largest unit of 1024 that divides evenly.
---@param bytes integer
---@return string
function M.bytes_text(bytes)
  for _, unit in ipairs { "GiB", "MiB", "KiB" } do
    local size = byte_units[unit]
    if bytes >= size and bytes % size == 0 then return string.format("%d%s", bytes / size, unit) end
  end
  return string.format("%.0fB", bytes)
end

--- `1h`, `90s`, `250ms`: the largest unit that divides evenly.
---@param ms integer
---@return string
function M.milliseconds_text(ms)
  for _, unit in ipairs { "d", "h", "m", "s" } do
    local size = millisecond_units[unit]
    if ms >= size and ms % size == 0 then return string.format("%d%s", ms / size, unit) end
  end
  return string.format("%.0fms", ms)
end

return M
