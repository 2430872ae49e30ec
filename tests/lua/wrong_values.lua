-- Gives every option of every schema values of every kind, most of them wrong: each is to be taken or reported, and none may
-- make the checker itself raise. Needs --unsafe, for the schemas, and --set role=source, stage, sink or names; a mistake without
-- line says how many values were tried.
local p = require "penstock"
local schema = require "penstock.schema"

local values = {
  "", "1", "yes", string.rep("long", 50), "\0\n\255", "a{b}{{",
  0, 1, -1.5, 1 / 0, 0 / 0, 9007199254740993LL, true,
  function() end, print, coroutine.create(function() end), p.null, p.secret "env:HOME",
  {}, { 1 }, { nil, "a" }, { a = 1 }, { "a", b = "c" }, { {} }, { [true] = 1, [0.5] = 1, [{}] = 2 },
  setmetatable({}, { __tostring = function() return {} end, __metatable = 1 }),
}
values[#values + 1] = { values[#values] }
local cycle = {}
cycle[1], cycle.a = cycle, cycle
values[#values + 1] = cycle

local raised, tried = {}, 0

local function try(make, label, ...)
  tried = tried + 1
  local done, message = pcall(make, ...)
  if not done then raised[#raised + 1] = label .. ": " .. tostring(message) end
end

local examples = {}

local function example(spec)
  examples[spec.example] = examples[spec.example] or load("local p = ... return " .. spec.example)(p)
  return examples[spec.example]
end

-- `{ [name] = value }` within the tables that the option stands in.
local function within(path, value)
  for i = #path, 1, -1 do value = { [path[i]] = value } end
  return value
end

-- The required options, but for the one that the path leads to.
local function with_required(options, specs, path)
  for _, spec in ipairs(specs) do
    if spec.required and spec.example and spec[1] ~= path[1] then options[spec[1]] = example(spec) end
  end
  return options
end

local function try_options(make, label, all, specs, path)
  for _, spec in ipairs(specs) do
    local own = { unpack(path) }
    own[#own + 1] = spec[1]
    for i, value in ipairs(values) do
      try(make, label .. " " .. table.concat(own, ".") .. " value " .. i, with_required(within(own, value), all, own))
    end
    if spec.options then try_options(make, label, all, spec.options, own) end
  end
end

local function try_schema(make, label, row)
  for i, value in ipairs(values) do
    try(make, label .. " itself, value " .. i, value)
    try(make, label .. " of an unknown option, value " .. i, with_required({ unknown_option = value }, row.options, {}))
    try(make, label .. " of two arguments, value " .. i, value, value)
  end
  try_options(make, label, row.options, row.options, {})
end

-- In one pipeline, so that the components' own checks run too.
local nodes = { source = {}, stage = {}, sink = {} }

local function noting(role, constructor)
  return function(...)
    table.insert(nodes[role], constructor(...))
  end
end

local function try_names()
  try_schema(function(options) p.pipeline("p" .. tried)(options) end, "pipeline", schema.pipeline)
  try_schema(function(options) p.test "t" (options) end, "test", schema.test)
  for i, value in ipairs(values) do
    local label = ", value " .. i
    try(p.pipeline, "pipeline name" .. label, value)
    try(p.test, "test name" .. label, value)
    try(p.route, "route" .. label, value)
    try(p.route, "route branch" .. label, { value, otherwise = value })
    try(p.route, "route condition" .. label, { { value, p.sink.stdout {} }, { "x", value }, [value == value and value or 1] = value })
    for _, name in ipairs { "param", "env", "secret", "re" } do try(p[name], name .. label, value, value, value) end
    try(function() return p[value], p.source[value], p.sink[value] end, "name" .. label)
  end
end

local role = p.param "role"
if role == "names" then
  try_names()
else
  local constructors = role == "stage" and p or p[role]
  for _, name in ipairs(schema[role].names) do
    try_schema(noting(role, constructors[name]), role .. "." .. name, schema[role][name])
  end
  p.pipeline "all" { nodes.source, nodes.stage, nodes.sink }
end

if #raised > 0 then error(#raised .. " values made the checker raise:\n" .. table.concat(raised, "\n")) end
error("all of " .. tried .. " values were tried", 0)
