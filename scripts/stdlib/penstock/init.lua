--- The public API of Penstock scripts: `local p = require "penstock"`. Calling these functions only declares; nothing runs.
jit.off(true, true)  -- runs while a script declares, once: compiling it would cost more than it saves

local declare = require "penstock.declare"
local native = require "penstock.native"
local schema = require "penstock.schema"
local show = require "penstock.show"

---@class penstock
local M = {}

--- JSON's null, in events and in `p.set`. Not nil, which means that a field is missing.
M.null = native.null

--- Declares a pipeline: `p.pipeline "name" { sources..., stages..., sinks..., option = value }`.
---@param name string
---@return fun(parts: table)
function M.pipeline(name, ...)
  return declare.pipeline(name, ...)
end

--- Sends events different ways: `p.route { { "condition", stages..., sinks... }, ..., otherwise = { ... } }`.
---@param branches table
---@return penstock.Stage
function M.route(branches, ...)
  return declare.route(branches, ...)
end

--- Declares a test case: `p.test "name" { pipeline = "...", input = { ... }, output = { ... } }`.
---@param name string
---@return fun(parts: table)
function M.test(name, ...)
  return declare.test(name, ...)
end

-- One constructor for each row of the schema. Their annotations are in _meta/penstock.lua.
local function constructors(role, into)
  for _, name in ipairs(schema[role].names) do
    into[name] = function(...) return declare.node(role, name, ...) end
  end
  return into
end

local function names_of(table_of_names, prefix)
  local names = {}
  for name in pairs(table_of_names) do names[#names + 1] = prefix .. name end
  table.sort(names)
  return names
end

-- A name that does not exist is a mistake of the script like any other: reported, and the rest is looked at too.
local function report_unknown_names(of, prefix)
  local names = names_of(of, prefix)
  return setmetatable(of, {
    __index = function(_, name) return declare.unknown(prefix .. (type(name) == "string" and name or "[" .. show.value(name) .. "]"), names) end,
    __metatable = "penstock",
  })
end

constructors("stage", M)
M.source = constructors("source", {})
M.sink = constructors("sink", {})

local true_texts = { ["true"] = true, ["1"] = true, yes = true, on = true }
local false_texts = { ["false"] = true, ["0"] = true, no = true, off = true }

-- The text in the type of the default; nil when it does not fit.
local function like(default, text)
  if type(default) == "number" then return tonumber(text) end
  if type(default) ~= "boolean" then return text end
  if true_texts[text] then return true end
  if false_texts[text] then return false end
  return nil
end

-- A setting from outside, in the type of its default. `read` gives its text, `usage` says how it is set.
local function setting(what, name, default, count, read, usage)
  local hint = string.format(usage, type(name) == "string" and name or "NAME")
  declare.at_most(what, count, 2, "p." .. what .. "(\"NAME\", default)")
  if type(name) ~= "string" then
    declare.mistake(declare.place(), what .. ": wants a name, got " .. show.value(name) .. " (hint: p." .. what .. "(\"NAME\", default))")
    return ""
  end
  local label, text = what .. " \"" .. name .. "\": ", read(name)
  if text == nil and default == nil then
    declare.mistake(declare.place(), label .. "is not set and has no default (hint: " .. hint .. ")")
    return ""
  end
  if text == nil then return default end
  local value = like(default, text)
  if value ~= nil then return value end
  declare.mistake(declare.place(), label .. "must be a " .. type(default) .. " like its default, got " .. show.value(text))
  return default
end

--- The value of `--set KEY=VALUE`: text, or in the type of `default` when that is a number or a boolean.
---@generic T: string|number|boolean
---@param key string
---@param default? T
---@return T
function M.param(key, default, ...)
  return setting("param", key, default, 2 + select("#", ...), declare.read_param, "--set %s=VALUE")
end

--- The value of an environment variable: text, or in the type of `default` when that is a number or a boolean.
---@generic T: string|number|boolean
---@param name string
---@param default? T
---@return T
function M.env(name, default, ...)
  return setting("env", name, default, 2 + select("#", ...), native.env, "export %s=...")
end

--- A secret, from the environment (`"env:NAME"`) or a file (`"file:PATH"`, without the line end at its end). It prints as
--- `[secret]`; scripts cannot read its text.
---@param reference string
---@return penstock.Secret
function M.secret(reference, ...)
  declare.at_most("secret", 1 + select("#", ...), 1, "p.secret \"env:NAME\"")
  if type(reference) ~= "string" then
    declare.mistake(declare.place(), "secret: wants \"env:NAME\" or \"file:PATH\", got " .. show.value(reference))
    return native.empty_secret()
  end
  local secret, message = native.secret(reference)
  if not secret then declare.mistake(declare.place(), "secret: " .. message) end
  return secret or native.empty_secret()
end

--- An RE2 pattern, for transforms: time linear in the text, so it cannot run away.
--- `re:match(s)` gives a table of the groups (by number, 0 is the whole match, and by name), or nil; `re:find(s, init)` the
--- first and last position; `re:replace(s, with)` a copy with every match replaced (`\1` is the first group) and their number.
---@param pattern string
---@return penstock.Regex
function M.re(pattern, ...)
  declare.at_most("re", 1 + select("#", ...), 1, "p.re \"(?i)pattern\"")
  if type(pattern) ~= "string" then
    declare.mistake(declare.place(), "re: wants a pattern, got " .. show.value(pattern))
    return native.regex("")
  end
  local regex, message = native.regex(pattern)
  if not regex then declare.mistake(declare.place(), "re: " .. message) end
  return regex or native.regex("")
end

report_unknown_names(M.source, "p.source.")
report_unknown_names(M.sink, "p.sink.")
return report_unknown_names(M, "p.")
