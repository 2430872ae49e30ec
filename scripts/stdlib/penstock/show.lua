-- Values in messages.
jit.off(true, true)  -- runs while a script declares, once: compiling it would cost more than it saves

local native = require "penstock.native"

local M = {}

local length_max = 60

local function quote(text)
  if #text > length_max then text = string.sub(text, 1, length_max) .. "..." end
  text = string.gsub(text, '[%c"\\]', function(c)
    if c == "\n" then return "\\n" end
    if c == '"' or c == "\\" then return "\\" .. c end
    return string.format("\\%d", string.byte(c))
  end)
  return '"' .. text .. '"'
end

local function show_number(value)
  if value == math.floor(value) and math.abs(value) < 1e15 then return string.format("%d", value) end
  return tostring(value)
end

--- One value as a message names it: `"gz"`, `17`, `a table`, `[secret]`.
---@param value any
---@return string
function M.value(value)
  local kind = type(value)
  if kind == "string" then return quote(value) end
  if kind == "number" then return show_number(value) end
  if kind == "nil" or kind == "boolean" then return tostring(value) end
  if native.is_secret(value) then return "[secret]" end
  if value == native.null then return "p.null" end
  if kind == "function" then return "a function" end
  if kind == "table" then return next(value) == nil and "an empty table" or "a table" end
  return "a " .. kind .. " value"
end

--- `"a", "b" or "c"`.
---@param values any[]
---@return string
function M.choices(values)
  local texts = {}
  for i, value in ipairs(values) do texts[i] = M.value(value) end
  if #texts < 2 then return texts[1] or "" end
  return table.concat(texts, ", ", 1, #texts - 1) .. " or " .. texts[#texts]
end

return M
