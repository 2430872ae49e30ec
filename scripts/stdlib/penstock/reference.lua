-- What people and editors read about the public API, made from the schema: REFERENCE.md and _meta/penstock.lua.
jit.off(true, true)  -- runs once, and never in a pipeline

local check = require "penstock.check"
local schema = require "penstock.schema"
local show = require "penstock.show"

local M = {}

-- Lines that are put together at the end.
local events_in_lua = [==[
## Events in Lua

What `p.transform` and a filter function get shows one event at a time: it is good until the function returns. To keep one, take
`event:totable()`.

| to do | write | notes |
| --- | --- | --- |
| read a field | `event.status`, `event["any name"]` | nil when missing, `p.null` for JSON null; text, numbers and booleans as Lua's own. Integers beyond 2^53 come as int64 or uint64 (`1LL`), other numbers that a double cannot hold (`1e400`) as their text |
| read a nested field | `event.headers["x-id"]`, `event:get "headers.x-id"` | an object shows its members in place, nil when there is none; `get` takes a path as filters do, and also fields called `get`, `raw` or `totable` |
| read a list | `event.tags` | a table, and a copy: to change it, assign it back |
| write | `event.a = 1`, `event.headers.x = "y"`, `event.b = { 1, 2 }` | text, numbers, booleans, `p.null`, tables; a field that is written keeps its place, a new one goes to the end |
| remove | `event.a = nil` | |
| the whole | `event:totable()`, `tostring(event)`, `event:raw()` | a table; JSON text; the bytes it came as (once a stage has changed it, its JSON text) |

A transform returns nothing (the event goes on as it is now), `false` (it counts as filtered), or a list of tables that take its
place: `return { { a = 1 }, { a = 2 } }`; an empty list filters it. An error sends the event to the dead letter with the
script's line, and the others go on. A batch that takes longer than `script_time`, or more memory than `script_memory`, goes to
the dead letter whole.
]==]

local function page()
  local lines = {}
  return function(format, ...)
    lines[#lines + 1] = select("#", ...) > 0 and string.format(format, ...) or format
  end, function() return table.concat(lines, "\n") .. "\n" end
end

local function lua_value(value)
  return type(value) == "string" and show.value(value) or tostring(value)
end

local function default_text(spec)
  if spec.required then return "required" end
  if spec.default == nil then return "" end
  return "`" .. lua_value(spec.default) .. "`"
end

-- `|` ends a cell of a table.
local function cell(text)
  return (string.gsub(text, "|", "\\|"))
end

local function describe(spec)
  local text = spec.doc
  if spec.formats then text = text .. " (format " .. show.choices(spec.formats) .. ")" end
  if spec.example and not spec.required then text = text .. "; for instance `" .. spec.example .. "`" end
  if spec.source then text = text .. ". See " .. spec.source end
  return text
end

local function option_rows(add, specs, prefix)
  for _, spec in ipairs(specs) do
    add("| `%s%s` | %s | %s | %s |", prefix, spec[1], cell(check.allowed_text(spec)), cell(default_text(spec)), cell(describe(spec)))
    if spec.options then option_rows(add, spec.options, prefix .. spec[1] .. ".") end
  end
end

local function option_table(add, specs)
  if #specs == 0 then return end
  add ""
  add "| option | value | default | what it does |"
  add "| --- | --- | --- | --- |"
  option_rows(add, specs, "")
end

local function section(add, title, row)
  add ""
  add("### %s", title)
  add ""
  add(row.doc)
  if row.example then
    add ""
    add "```lua"
    add(row.example)
    add "```"
  end
  option_table(add, row.options)
end

local function sections(add, role, prefix)
  for _, name in ipairs(schema[role].names) do section(add, prefix .. name, schema[role][name]) end
end

local functions = {
  { "p.param", '"KEY" [, default]', "The value of `--set KEY=VALUE`: text, or in the type of the default." },
  { "p.env", '"NAME" [, default]', "The value of an environment variable: text, or in the type of the default." },
  { "p.secret", '"env:NAME"` or `"file:PATH"', "A secret. It prints as `[secret]`, and scripts cannot read its text." },
  { "p.null", "", "JSON's null, in events and in `p.set`. nil means that a field is missing." },
  { "p.re", '"pattern"', "An RE2 pattern, for transforms. `re:match(s)` gives a table of the groups, by number (0 is the whole match) and by name, "
    .. "or nil; `re:find(s [, init])` the first and last position, or nil; `re:replace(s, with)` a copy with every match replaced, and how many; "
    .. "`\\1` in `with` is the first group." },
}

--- The reference page.
---@return string
function M.markdown()
  local add, text = page()
  add "# The script reference"
  add ""
  add "Made from the option schemas in `penstock/schema/`; do not edit. `local p = require \"penstock\"` gives the functions below."
  add "Sizes are texts such as `\"10MiB\"` or numbers of bytes; times are texts such as `\"1.5s\"` and `\"1h30m\"` or numbers of seconds."
  add ""
  add "## Pipelines"
  section(add, "p.pipeline \"name\" { ... }", schema.pipeline)
  section(add, "p.test \"name\" { ... }", schema.test)
  add ""
  add "## Sources"
  sections(add, "source", "p.source.")
  add ""
  add "## Stages"
  sections(add, "stage", "p.")
  section(add, "p.route", schema.route)
  add ""
  add(events_in_lua)
  add "## Sinks"
  sections(add, "sink", "p.sink.")
  add ""
  add "## Values"
  add ""
  add "| name | argument | what it is |"
  add "| --- | --- | --- |"
  for _, f in ipairs(functions) do
    add("| `%s` | %s | %s |", f[1], f[2] ~= "" and "`" .. f[2] .. "`" or "", cell(f[3]))
  end
  return text()
end

local lua_types = {
  string = "string", text = "string|penstock.Secret", secret = "penstock.Secret", boolean = "boolean", number = "number", integer = "integer",
  bytes = "string|integer", duration = "string|number", strings = "string|string[]", list = "table", any = "any",
  filter = "penstock.Filter", ["function"] = "fun(event: penstock.Event): boolean|table[]|nil",
}

local function join_types(spec)
  local texts = {}
  for i, kind in ipairs(type(spec.type) == "table" and spec.type or { spec.type }) do
    if kind == "map" then
      texts[i] = spec.of == "string" and "table<string, string>" or "table<string, any>"
    elseif kind == "table" then
      texts[i] = "table"
    else
      texts[i] = lua_types[kind]
    end
  end
  return table.concat(texts, "|")
end

local function lua_type(spec, class)
  if spec.options then
    local text = string.gsub(join_types(spec), "table", class .. "." .. spec[1])
    return text
  end
  if not spec.values or spec.type == "strings" then return join_types(spec) end
  local texts = {}
  for i, value in ipairs(spec.values) do texts[i] = lua_value(value) end
  return table.concat(texts, "|")
end

local function option_class(add, class, specs)
  for _, spec in ipairs(specs) do
    if spec.options then option_class(add, class .. "." .. spec[1], spec.options) end
  end
  add("---@class %s", class)
  for _, spec in ipairs(specs) do
    local default = spec.default ~= nil and " (default " .. lua_value(spec.default) .. ")" or ""
    local name = spec[1] == "function" and '["function"]' or spec[1]
    add("---@field %s%s %s %s%s", name, spec.required and "" or "?", lua_type(spec, class), describe(spec), default)
  end
  add ""
end

-- What a constructor takes: its options, or what may stand in their place.
local function argument_type(row, class)
  if not row.short then return class end
  local short
  for _, spec in ipairs(row.options) do
    if spec[1] == row.short.option then short = lua_type(spec, class) end
  end
  return row.short.whole and short or short .. "|" .. class
end

local function constructor(add, name, class, row)
  option_class(add, class, row.options)
  add("--- %s", row.doc)
  for line in string.gmatch(row.example, "[^\n]+") do add("---     %s", line) end
  local optional = true
  for _, spec in ipairs(row.options) do optional = optional and not spec.required end
  add("---@param options%s %s", optional and not row.short and "?" or "", argument_type(row, class))
  add "---@return penstock.Stage"
  add("function %s(options) end", name)
  add ""
end

local function constructors(add, role, prefix, class_prefix)
  for _, name in ipairs(schema[role].names) do
    constructor(add, prefix .. name, class_prefix .. name, schema[role][name])
  end
end

local preamble = [[
---@meta penstock
-- Definitions for the Lua language server, made from the option schemas; do not edit.

---@class penstock
---@field null userdata JSON's null, in events and in `p.set`; nil means that a field is missing
local p = { source = {}, sink = {} }

---@class penstock.Stage a source, stage or sink

---@class penstock.Secret prints as [secret]; its text cannot be read

--- An expression of the filter language, the same as data, or a function that says whether an event stays.
---@alias penstock.Filter string|table|fun(event: penstock.Event): any

---@class penstock.Event
---@field [string] any fields read and write by name; nil: missing, p.null: JSON's null
local Event = {}
--- The event as a table of its own.
---@return table
function Event:totable() end
--- The value at a path, `a.b`.
---@param path string
---@return any
function Event:get(path) end
--- The bytes that the event came as.
---@return string
function Event:raw() end

---@class penstock.Regex
local Regex = {}
--- The groups of the first match, by number (0: the whole match) and by name; nil when there is none.
---@param s string
---@return table<integer|string, string>?
function Regex:match(s) end
--- The first and last position of the first match from `init` on; nil when there is none.
---@param s string
---@param init? integer
---@return integer?, integer?
function Regex:find(s, init) end
--- `s` with every match replaced, and how many there were; `\1` in `with` is the first group.
---@param s string
---@param with string
---@return string, integer
function Regex:replace(s, with) end
]]

local tail = [[
--- The value of `--set KEY=VALUE`: text, or in the type of `default`.
---@generic T: string|number|boolean
---@param key string
---@param default? T
---@return T
function p.param(key, default) end

--- The value of an environment variable: text, or in the type of `default`.
---@generic T: string|number|boolean
---@param name string
---@param default? T
---@return T
function p.env(name, default) end

--- A secret from the environment (`"env:NAME"`) or a file (`"file:PATH"`).
---@param reference string
---@return penstock.Secret
function p.secret(reference) end

--- An RE2 pattern.
---@param pattern string
---@return penstock.Regex
function p.re(pattern) end

return p]]

local function doc_lines(add, row)
  add("--- %s", row.doc)
  if row.example then
    for line in string.gmatch(row.example, "[^\n]+") do add("---     %s", line) end
  end
end

--- Definitions for the Lua language server.
---@return string
function M.meta()
  local add, text = page()
  add(preamble)
  option_class(add, "penstock.pipeline", schema.pipeline.options)
  doc_lines(add, schema.pipeline)
  add "---@param name string"
  add "---@return fun(parts: penstock.pipeline)"
  add "function p.pipeline(name) end"
  add ""
  option_class(add, "penstock.test", schema.test.options)
  doc_lines(add, schema.test)
  add "---@param name string"
  add "---@return fun(parts: penstock.test)"
  add "function p.test(name) end"
  add ""
  constructors(add, "source", "p.source.", "penstock.source.")
  constructors(add, "stage", "p.", "penstock.stage.")
  doc_lines(add, schema.route)
  add "---@param branches table"
  add "---@return penstock.Stage"
  add "function p.route(branches) end"
  add ""
  constructors(add, "sink", "p.sink.", "penstock.sink.")
  add(tail)
  return text()
end

return M
