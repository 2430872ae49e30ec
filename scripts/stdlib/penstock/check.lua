-- Checks the options of a source, stage, sink or pipeline against its schema, fills in defaults, and gives them the form
-- that C++ reads. Mistakes are reported, all of them, never raised.
--
-- A schema is a table:
--   name, doc     what it is called, and what it is in a sentence
--   options       a list of option specifications
--   short         (optional) what may stand in place of an options table; see M.options
--   check         (optional) function(options, report, given, warn): what concerns several options
-- An option specification:
--   [1]           its name in scripts
--   type          a name of `types` below, or a list of them
--   as            its name for C++; when missing, the script's name with _bytes or _ms after sizes and times
--   default       as a script would write it
--   required      true: must be given
--   values        the allowed values
--   min, max, above   bounds, as a script would write them
--   of            type map: the type of each value: `string`, `text` (a string or a secret), or any; type list: `integer`, or any
--   keep_text     type strings: one string stays a string instead of becoming a list
--   options       type table: specifications of the options within; `flatten`: their values stand beside the others
--   formats       the formats (option `format`) that it belongs to
--   doc, example, since, source   for people: one line each
jit.off(true, true)  -- runs while a script declares, once: compiling it would cost more than it saves

local native = require "penstock.native"
local show = require "penstock.show"
local suggest = require "penstock.suggest"
local units = require "penstock.units"

local M = {}

local types = {}

local function within(value, spec, convert)
  local function bound(limit) return limit ~= nil and (convert and convert(limit) or limit) or nil end
  local min, max, above = bound(spec.min), bound(spec.max), bound(spec.above)
  return not ((min and value < min) or (max and value > max) or (above and value <= above))
end

local function bounds_text(spec)
  local low = spec.above ~= nil and "above " .. tostring(spec.above) or spec.min ~= nil and "from " .. tostring(spec.min) or nil
  local high = spec.max ~= nil and (spec.above ~= nil and "and up to " or low and "to " or "up to ") .. tostring(spec.max) or nil
  if not low and not high then return "" end
  return " " .. table.concat({ low or high, low and high or nil }, " ")
end

-- Each type: `text` says what is allowed; `take` returns the value for C++, or nil when the type does not fit, and then
-- perhaps what is wrong in detail (a filter: a list of that).

types.string = {
  text = function() return "a string" end,
  take = function(value, spec)
    if type(value) ~= "string" then return nil end
    if value == "" and not spec.may_be_empty then return nil, "must not be empty" end
    return value
  end,
}

types.text = {
  text = function() return "a string or a secret" end,
  take = function(value, spec)
    if native.is_secret(value) then return value end
    return types.string.take(value, spec)
  end,
}

types.secret = {
  text = function() return "a secret" end,
  take = function(value) return native.is_secret(value) and value or nil end,
}

types.boolean = {
  text = function() return "true or false" end,
  take = function(value) if type(value) == "boolean" then return value end end,
}

types.number = {
  text = function(spec) return "a number" .. bounds_text(spec) end,
  take = function(value, spec)
    if type(value) == "number" and value == value and within(value, spec) then return value end
  end,
}

types.integer = {
  text = function(spec) return "a whole number" .. bounds_text(spec) end,
  take = function(value, spec)
    if type(value) == "number" and value == math.floor(value) and math.abs(value) <= 2 ^ 53 and within(value, spec) then return value end
  end,
}

types.bytes = {
  suffix = "_bytes",
  text = function(spec) return "a size such as \"10MiB\", or a number of bytes," .. bounds_text(spec) end,
  take = function(value, spec)
    local bytes = units.bytes(value)
    if bytes and bytes >= 0 and within(bytes, spec, units.bytes) then return bytes end
  end,
}

types.duration = {
  suffix = "_ms",
  text = function(spec) return "a time such as \"10s\", or a number of seconds," .. bounds_text(spec) end,
  take = function(value, spec)
    local ms = units.milliseconds(value)
    if ms and ms >= 0 and within(ms, spec, units.milliseconds) then return ms end
  end,
}

-- Returns the number of elements; nil and a message when the table is no list.
local function list_size(value)
  local count, largest = 0, 0
  for key in pairs(value) do
    if type(key) ~= "number" then return nil, "is a list: it has no names, got " .. show.value(key) end
    count, largest = count + 1, math.max(largest, key)
  end
  if count ~= largest then
    for i = 1, largest do
      if value[i] == nil then return nil, "element " .. i .. " of " .. largest .. " is nil" end
    end
  end
  return count
end

types.strings = {
  text = function() return "a string or a list of strings" end,
  take = function(value, spec)
    if type(value) == "string" then
      if spec.keep_text and value ~= "" then return value end
      value = { value }
    end
    if type(value) ~= "table" then return nil end
    local count, message = list_size(value)
    if not count then return nil, message end
    if count == 0 and not spec.may_be_empty then return nil, "must not be empty" end
    local list = {}
    for i = 1, count do
      if type(value[i]) ~= "string" then return nil, "element " .. i .. " must be a string, got " .. show.value(value[i]) end
      if value[i] == "" then return nil, "element " .. i .. " must not be empty" end
      if spec.values and not M.is_one_of(value[i], spec.values) then
        local message = "element " .. i .. " must be " .. show.choices(spec.values) .. ", got " .. show.value(value[i])
        return nil, message, suggest.nearest_value(value[i], spec.values)
      end
      list[i] = value[i]
    end
    return native.list(list)
  end,
}

local map_texts = { string = "a table of name = string", text = "a table of name = string or secret" }

types.map = {
  text = function(spec) return map_texts[spec.of] or "a table of name = value" end,
  take = function(value, spec)
    if type(value) ~= "table" then return nil end
    local map = {}
    for key, item in pairs(value) do
      if type(key) ~= "string" then return nil, "wants name = value pairs, got the element " .. show.value(item) .. " without a name" end
      if spec.of == "string" and type(item) ~= "string" then return nil, "value of " .. key .. " must be a string, got " .. show.value(item) end
      if spec.of == "text" and type(item) ~= "string" and not native.is_secret(item) then
        return nil, "value of " .. key .. " must be a string or a secret, got " .. show.value(item)
      end
      local wrong = native.check_value(item)
      if wrong then return nil, "value of " .. key .. ": " .. wrong end
      map[key] = item
    end
    if next(map) == nil and not spec.may_be_empty then return nil, "must not be empty" end
    return map
  end,
}

-- For options whose `values` say everything.
types.any = {
  text = function() return "a value" end,
  take = function(value) return value end,
}

-- Its elements are for the caller to look at, but for whole numbers.
types.list = {
  text = function(spec) return spec.of == "integer" and "a list of whole numbers" or "a list" end,
  take = function(value, spec)
    if type(value) ~= "table" then return nil end
    if spec.of ~= "integer" then return value end
    local count, message = list_size(value)
    if not count then return nil, message end
    for i = 1, count do
      if not types.integer.take(value[i], {}) then return nil, "element " .. i .. " must be a whole number, got " .. show.value(value[i]) end
    end
    return native.list(value)
  end,
}

types["function"] = {
  text = function() return "a function" end,
  take = function(value)
    if type(value) ~= "function" then return nil end
    native.register_function(value)
    return value
  end,
}

types.filter = {
  text = function() return "a filter: an expression, a table { all = ... } or { any = ... }, or a function" end,
  take = function(value)
    if type(value) == "function" then return types["function"].take(value) end
    if type(value) == "string" and string.match(value, "^%s*$") then return nil, { "is empty" } end
    if type(value) ~= "string" and type(value) ~= "table" then return nil end
    local mistakes = { native.check_filter(value) }
    if #mistakes > 0 then return nil, mistakes end
    return value
  end,
}

types.table = {
  text = function() return "a table of options" end,
  take = function(value, spec, context)
    if type(value) ~= "table" then return nil end
    return M.table_of_options(value, spec.options, { report = context.report, refuse = context.refuse, prefix = context.prefix .. spec[1] .. "." })
  end,
}

function M.is_one_of(value, values)
  for _, allowed in ipairs(values) do
    if value == allowed then return true end
  end
  return false
end

local function kinds_of(spec)
  return type(spec.type) == "table" and spec.type or { spec.type }
end

--- What an option allows, in words.
---@param spec table
---@return string
function M.allowed_text(spec)
  if spec.values and spec.type ~= "strings" then return (#spec.values > 2 and "one of " or "") .. show.choices(spec.values) end
  local texts = {}
  for i, kind in ipairs(kinds_of(spec)) do texts[i] = string.gsub(types[kind].text(spec), ",$", "") end
  local text = table.concat(texts, ", or ")
  if spec.values then text = text .. " (" .. show.choices(spec.values) .. ")" end
  return text
end

--- The name under which C++ reads an option.
---@param spec table
---@return string
function M.native_name(spec)
  if spec.as then return spec.as end
  local kinds = kinds_of(spec)
  return spec[1] .. (types[kinds[#kinds]].suffix or "")
end

-- The value for C++; or nil, what is wrong, hint.
local function take(value, spec, context)
  if spec.values and spec.type ~= "strings" then
    if M.is_one_of(value, spec.values) then return value end
    return nil, nil, suggest.nearest_value(value, spec.values)
  end
  for _, kind in ipairs(kinds_of(spec)) do
    local taken, message, hint = types[kind].take(value, spec, context)
    if taken ~= nil then return taken end
    if message then return nil, message, hint end
  end
  return nil
end

local function with_hint(text, hint)
  return hint and text .. " (hint: " .. hint .. ")" or text
end

local function report_wrong(name, value, spec, message, hint, report)
  if message and spec.type == "filter" then
    for _, text in ipairs(message) do report(text) end  -- each has a place of its own: a column, or an element of the data
  elseif message then
    report(with_hint("option '" .. name .. "' " .. message, hint))
  else
    report(with_hint("option '" .. name .. "' must be " .. M.allowed_text(spec) .. ", got " .. show.value(value), hint or spec.hint))
  end
end

local function report_unknown(given, specs, context)
  local report, prefix = context.report, context.prefix
  local names, known = {}, {}
  for _, spec in ipairs(specs) do
    names[#names + 1] = spec[1]
    known[spec[1]] = true
  end
  local unknown = {}
  for key in pairs(given) do
    if type(key) == "string" and not known[key] then unknown[#unknown + 1] = key end
    if type(key) ~= "string" then unknown[#unknown + 1] = key end
  end
  table.sort(unknown, function(a, b) return tostring(a) < tostring(b) end)
  for _, key in ipairs(unknown) do
    if type(key) == "string" then
      local nearest = suggest.nearest(key, names)
      if nearest then context.refuse(nearest) end
      local hint = nearest and prefix .. nearest or #names > 0 and "it knows " .. table.concat(names, ", ") or "it has no options"
      report(with_hint("unknown option '" .. prefix .. key .. "'", hint))
    else
      report(with_hint("options are written name = value, got the element " .. show.value(given[key]) .. " without a name",
        #names > 0 and "it knows " .. table.concat(names, ", ") or nil))
    end
  end
end

-- Whether the option belongs to the format that was chosen. With one that does not exist, who knows.
local function belongs(spec, given, specs)
  if not spec.formats then return true end
  local format = given.format
  for _, other in ipairs(specs) do
    if other[1] == "format" then
      if format == nil then format = other.default end
      if format ~= nil and not M.is_one_of(format, other.values) then return true end
    end
  end
  return M.is_one_of(format, spec.formats), format
end

local function store(out, spec, value)
  if spec.flatten then
    for name, item in pairs(value) do out[name] = item end
  else
    out[M.native_name(spec)] = value
  end
end

-- An option's value for C++ when the script does not give it; nil when there is none.
local function default_of(spec, context)
  if spec.default ~= nil then return (take(spec.default, spec, context)) end
  if spec.options and (spec.flatten or spec.default_table) then return take({}, spec, context) end
end

--- Checks `given` against the specifications; returns the options for C++. What is refused has its default.
---@param given table
---@param specs table[]
---@param context { report: fun(text: string), refuse: fun(name: string, required: boolean?), prefix: string }
---  refuse: an option that was given and is not taken, or is required and missing; prefix: "", or the name of the option that
---  these stand in, with a dot
---@return table
function M.table_of_options(given, specs, context)
  local out, report = {}, context.report
  report_unknown(given, specs, context)
  for _, spec in ipairs(specs) do
    local name, value = context.prefix .. spec[1], given[spec[1]]
    local fits, format = belongs(spec, given, specs)
    local taken
    if not fits then
      if value ~= nil then
        context.refuse(spec[1])
        report("option '" .. name .. "' belongs to format " .. show.choices(spec.formats) .. ", not to " .. show.value(format))
      end
    elseif value ~= nil then
      local message, hint
      taken, message, hint = take(value, spec, context)
      if taken == nil then
        context.refuse(spec[1], spec.required)
        report_wrong(name, value, spec, message, hint, report)
      end
    elseif spec.required then
      context.refuse(spec[1], true)
      report(with_hint("option '" .. name .. "' is missing", spec.example and spec[1] .. " = " .. spec.example))
    end
    if taken == nil and fits then taken = default_of(spec, context) end
    if taken ~= nil then store(out, spec, taken) end
  end
  return out
end

-- Makes an options table of what stands in its place. `short` says what may:
--   option    the option that it sets
--   whole     true: a table is the option's value itself (`p.set { a = 1 }`)
--   list      true: a table's elements are the option's value (`p.fields { "a", "b" }`)
--   first     true: a table's first element is the option's value (`p.transform { f, reads = ... }`)
-- Anything but a table is the option's value.
local function expand(given, short)
  if not short then return given end
  if type(given) ~= "table" or short.whole then return { [short.option] = given } end
  local options, elements = {}, {}
  for key, value in pairs(given) do
    if type(key) == "number" and (short.list or short.first and key == 1) then
      elements[key] = value
    else
      options[key] = value
    end
  end
  if next(elements) ~= nil then options[short.option] = short.first and elements[1] or elements end
  return options
end

-- Whether a message speaks of one of the names.
local function names_any(text, names)
  for name in pairs(names) do
    if string.find(text, "%f[%w_]" .. name .. "%f[^%w_]") then return true end
  end
  return false
end

-- What concerns several options. An option that was refused counts as not given, and what is said of it is not said twice.
local function check_together(schema, options, given, refused, report, warn)
  local taken = {}
  for name, value in pairs(given) do
    if not refused[name] then taken[name] = value end
  end
  schema.check(options, function(text)
    if not names_any(text, refused) then report(text) end
  end, taken, warn)
end

--- Checks what a constructor was given.
---@param given any
---@param schema table
---@param report fun(text: string)
---@param warn? fun(text: string) for what is worth saying and no mistake
---@return table options for C++, as far as they are right
---@return string[]? refused the options that were given and not taken; nil: too little is right to look at the rest
function M.options(given, schema, report, warn)
  if given == nil and not schema.short then given = {} end
  if given == nil then
    report("wants " .. (schema.usage or "an argument"))
    return {}
  end
  local expanded = expand(given, schema.short)
  if type(expanded) ~= "table" then
    report("wants a table of options, got " .. show.value(given))
    return {}
  end
  local refused, incomplete = {}, false
  local options = M.table_of_options(expanded, schema.options, {
    report = report, prefix = "",
    refuse = function(name, required)
      refused[name] = true
      incomplete = incomplete or required
    end,
  })
  if incomplete then return options end
  if schema.check then check_together(schema, options, expanded, refused, report, warn) end
  local names = {}
  for name in pairs(refused) do names[#names + 1] = name end
  return options, names
end

return M
