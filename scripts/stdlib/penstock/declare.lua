-- Collects what a script declares and every mistake in it, for the host.
jit.off(true, true)  -- runs while a script declares, once: compiling it would cost more than it saves

local native = require "penstock.native"
local check = require "penstock.check"
local schema = require "penstock.schema"
local show = require "penstock.show"
local suggest = require "penstock.suggest"

local M = {}

local pipelines, tests, nodes = {}, {}, {}
local mistakes, warnings = {}, {}
local params_read = {}
local finished = false  -- the script has declared: what runs now are its functions

---@class penstock.Stage a source, stage or sink, made by p.source.*, p.filter, ... p.sink.*
local Node = { __metatable = "penstock.Stage" }

Node.__tostring = function(node) return "p." .. node.label end
-- `p.smaple "x" { ... }`, `p.snik.file { ... }`: what stands for a name that does not exist takes whatever it is given.
Node.__index = function(node)
  if rawget(node, "role") == "unknown" then return node end
end
Node.__call = function(node)
  if node.role == "unknown" then return node end
  error("p." .. node.label .. " is complete already: it takes one argument", 2)
end

local function is_node(value)
  return type(value) == "table" and rawequal(debug.getmetatable(value), Node)
end

-- Where the script called us.
local function place()
  local file, line = native.place()
  return { file = file or "", line = line or 0 }
end
M.place = place

--- Reports a mistake of the script. While its functions run it is raised: it costs the event that they run for.
---@param where { file: string, line: integer }
---@param text string
function M.mistake(where, text)
  if finished then error(where.file .. ":" .. where.line .. ": " .. text, 0) end
  mistakes[#mistakes + 1] = { file = where.file, line = where.line, text = text }
end

local function warning(where, text)
  warnings[#warnings + 1] = { file = where.file, line = where.line, text = text }
end

-- What declares has nothing to do in a function that events run through.
local function must_declare(label, where)
  if finished then M.mistake(where, "p." .. label .. " declares, so it cannot stand in a function that runs on events") end
end

-- What is written in place of a list: `p.fields { "a", "b" }` for `p.fields("a", "b")`.
local function as_list(label, given, count)
  local texts = {}
  for i = 1, count do texts[i] = show.value(given[i]) end
  return "p." .. label .. " { " .. table.concat(texts, ", ") .. " }"
end

--- Reports what is given beyond the arguments that a function takes.
---@param label string the function's name without `p.`
---@param count integer of arguments that were given
---@param most integer that it takes
---@param hint string how it is written
---@param where? { file: string, line: integer }
function M.at_most(label, count, most, hint, where)
  -- In a function that runs on events, a call's surplus values (s:gsub gives two) are what Lua makes of them.
  if count <= most or finished then return end
  local takes = most == 1 and "one argument" or most .. " arguments"
  M.mistake(where or place(), label .. ": takes " .. takes .. ", got " .. count .. " (hint: " .. hint .. ")")
end

local function new_node(role, type_name, label, where)
  local node = setmetatable({ role = role, type = type_name, label = label, file = where.file, line = where.line }, Node)
  nodes[#nodes + 1] = node
  return node
end

--- Declares a source, stage or sink of the schema.
---@param role "source"|"stage"|"sink"
---@param name string
---@param ... any the constructor's argument
---@return penstock.Stage
function M.node(role, name, ...)
  local where, row, count = place(), schema[role][name], select("#", ...)
  local label = role == "stage" and name or role .. "." .. name
  must_declare(label, where)
  local node = new_node(role, name, label, where)
  local listed = row.short and row.short.list and count > 1
  M.at_most(label, count, 1, listed and as_list(label, { ... }, count) or row.example, where)
  node.options, node.refused = check.options((...), row, function(text)
    M.mistake(where, label .. ": " .. text)
  end, function(text)
    warning(where, label .. ": " .. text)
  end)
  node.incomplete = node.refused == nil
  return node
end

--- Stands for a name that does not exist, so that the rest of the script is looked at too. Reports the mistake.
---@param name string the whole name, `p.sink.htpp`
---@param names string[] the right ones, in the same form
function M.unknown(name, names)
  local nearest = suggest.nearest(name, names)
  M.mistake(place(), name .. ": no such name" .. (nearest and " (hint: " .. nearest .. ")" or ""))
  local node = new_node("unknown", "unknown", string.sub(name, 3), place())
  node.used = true
  return node
end

local function describe(node)
  return node.label .. " (line " .. node.line .. ")"
end

local function hint_for_element(value)
  if type(value) == "string" then return " (hint: p.filter " .. show.value(value) .. ")" end
  if type(value) == "function" then return " (hint: p.transform (function(event) ... end))" end
  return ""
end

local elements_max = 100000

-- The number of a list's last element. One far out (`[1e9] = ...`) is reported; what is before it is looked at.
local function last_element(list, report)
  local last = table.maxn(list)
  if last <= elements_max then return last end
  report("a list has up to " .. elements_max .. " elements, got one with the number " .. show.value(last))
  return #list
end

-- Adds the nodes of a list to `out`; a plain list among them (a helper's result) counts as its elements.
local function flatten(list, out, report, depth)
  for i = 1, last_element(list, report) do
    local value = list[i]
    if is_node(value) then
      value.used = true
      out[#out + 1] = value
    elseif value == nil then
      report("element " .. i .. " is nil (hint: a name that does not exist, or a function that returns nothing)")
    elseif type(value) == "table" and depth < 8 and #value > 0 and debug.getmetatable(value) == nil then
      flatten(value, out, report, depth + 1)
    else
      report("element " .. i .. " is no source, stage or sink, got " .. show.value(value) .. hint_for_element(value))
    end
  end
  return out
end

-- Without what stands for unknown names: those are reported already, and may have been anything.
local function known_only(list)
  local known, unknown = {}, false
  for _, node in ipairs(list) do
    if node.role == "unknown" then unknown = true else known[#known + 1] = node end
  end
  return known, unknown
end

local ranks = { source = 1, stage = 2, sink = 3 }
local order_text = {
  source = "sources come first",
  stage = "stages stand between sources and sinks",
}

local function is_route(node) return node.type == "route" end

local function check_order(list)
  local last
  for _, node in ipairs(list) do
    if last and is_route(last) then
      M.mistake(node, node.label .. ": nothing can follow " .. describe(last) .. " (hint: each branch of a route ends in its own sinks)")
    elseif last and ranks[node.role] < ranks[last.role] then
      M.mistake(node, node.label .. ": stands after " .. describe(last) .. ", but " .. order_text[node.role])
    end
    if not last or is_route(node) or ranks[node.role] >= ranks[last.role] then last = node end
  end
end

local function has_role(list, role)
  for _, node in ipairs(list) do
    if node.role == role then return true end
  end
  return false
end

local function ends_in_sink(list)
  return has_role(list, "sink") or (#list > 0 and is_route(list[#list]))
end

local function check_pipeline_nodes(list, report)
  local known, unknown = known_only(list)
  if not unknown and #known == 0 then return report("has no stages (hint: p.source.file { ... }, ..., p.sink.stdout {})") end
  if not unknown and not has_role(known, "source") then report("has no source (hint: p.source.file { path = ... } comes first)") end
  if not unknown and not ends_in_sink(known) then report("has no sink (hint: p.sink.stdout {} comes last)") end
  check_order(known)
end

-- Splits a table into its elements and its named part.
local function split(given)
  local elements, named = {}, {}
  for key, value in pairs(given) do
    if type(key) == "number" then elements[key] = value else named[key] = value end
  end
  return elements, named
end

local function check_name(name, where)
  if type(name) ~= "string" then
    M.mistake(where, "pipeline: needs a name, got " .. show.value(name) .. " (hint: p.pipeline \"name\" { ... })")
    return nil
  end
  if #name > 100 or not string.match(name, "^[%w_][%w_.-]*$") then
    M.mistake(where, "pipeline: a name has up to 100 letters, digits, '_', '-' and '.', and begins with none of '-' and '.', got " .. show.value(name))
    return nil
  end
  for _, other in ipairs(pipelines) do
    if other.name == name then
      M.mistake(where, "pipeline \"" .. name .. "\": this name is taken (line " .. other.line .. ")")
      return nil
    end
  end
  return name
end

--- Declares a pipeline. The result takes its stages and options.
---@param name string
---@param ... any nothing
function M.pipeline(name, ...)
  local where = place()
  must_declare("pipeline", where)
  M.at_most("pipeline", 1 + select("#", ...), 1, "p.pipeline \"name\" { ... }", where)
  local pipeline = { name = check_name(name, where) or "?", file = where.file, line = where.line, nodes = {}, options = {} }
  local function report(text) M.mistake(where, "pipeline \"" .. pipeline.name .. "\": " .. text) end
  pipeline.report = report
  pipelines[#pipelines + 1] = pipeline
  local function complete(given)
    if pipeline.complete then return report("is complete already (hint: give the second one a name of its own)") end
    pipeline.complete = true
    if type(given) ~= "table" then return report("wants { sources, stages, sinks }, got " .. show.value(given)) end
    local elements, named = split(given)
    pipeline.options = check.options(named, schema.pipeline, report)
    pipeline.nodes = flatten(elements, pipeline.nodes, report, 0)
    check_pipeline_nodes(pipeline.nodes, report)
  end
  -- p.pipeline { ... } without a name: its stages are looked at all the same.
  if type(name) == "table" then complete(name) end
  return complete
end

-- One branch of a route: its stages and sinks.
local function branch(given, label, condition, where, report)
  local nodes_of_branch = flatten(given, {}, function(text) report(label .. ": " .. text) end, 0)
  local known, unknown = known_only(nodes_of_branch)
  local first = nodes_of_branch[1]
  if has_role(known, "source") then report(label .. ": a source cannot stand in a branch") end
  if not unknown and not ends_in_sink(known) then report(label .. ": has no sink") end
  check_order(known)
  return { condition = condition, nodes = native.list(nodes_of_branch), file = where.file, line = first and first.line or where.line }
end

local function route_branch(given, i, where, report)
  local label = "branch " .. i
  if type(given) ~= "table" or is_node(given) then
    report(label .. " must be { \"condition\", stages..., sinks... }, got " .. (is_node(given) and tostring(given) or show.value(given)))
    return nil
  end
  local rest = {}
  for key, value in pairs(given) do
    if type(key) ~= "number" then
      report(label .. ": unknown option " .. show.value(key))
    elseif key > 1 then
      rest[key - 1] = value
    end
  end
  if is_node(given[1]) then
    report(label .. " begins with its condition, got " .. tostring(given[1]))
    return branch(given, label, nil, where, report)
  end
  local condition = check.options({ condition = given[1] }, schema.route_branch, function(text)
    report(label .. ": " .. string.gsub(text, "^option 'condition'", "condition"))
  end).condition
  return branch(rest, label, condition, where, report)
end

--- Declares a route.
---@param given table
---@return penstock.Stage
---@param ... any nothing
function M.route(given, ...)
  local where = place()
  must_declare("route", where)
  M.at_most("route", 1 + select("#", ...), 1, "p.route { { \"condition\", stages..., sinks... }, ..., otherwise = { ... } }", where)
  local node = new_node("stage", "route", "route", where)
  node.options, node.branches = {}, {}
  local function report(text) M.mistake(where, "route: " .. text) end
  if type(given) ~= "table" or is_node(given) then
    report("wants { { \"condition\", stages..., sinks... }, ..., otherwise = { ... } }, got " .. show.value(given))
    return node
  end
  local elements, named = split(given)
  for i = 1, last_element(elements, report) do
    node.branches[#node.branches + 1] = route_branch(elements[i], i, where, report)
  end
  if #node.branches == 0 then report("has no branches (hint: { { \"status >= 500\", p.sink.file { ... } }, otherwise = { ... } })") end
  for name, value in pairs(named) do
    if name ~= "otherwise" then
      report("unknown option " .. (type(name) == "string" and "'" .. name .. "'" or show.value(name)) .. " (hint: otherwise)")
    elseif type(value) ~= "table" then
      report("otherwise must be { stages..., sinks... }, got " .. show.value(value))
    else
      node.branches[#node.branches + 1] = branch(is_node(value) and { value } or value, "otherwise", nil, where, report)
    end
  end
  return node
end

-- Raw lines and events of a test.
local function check_events(events, label, report)
  if type(events) ~= "table" then
    report("option '" .. label .. "' must be a list of events and lines, got " .. show.value(events))
    return {}
  end
  local list = {}
  for i = 1, last_element(events, report) do
    local event = events[i]
    local wrong = type(event) ~= "string" and type(event) ~= "table" and "must be a table or a string, got " .. show.value(event)
      or native.check_value(event)
    if wrong then report("element " .. i .. " of " .. label .. ": " .. wrong) else list[#list + 1] = event end
  end
  return list
end

--- Declares a test case. The result takes its parts.
---@param name string
---@param ... any nothing
function M.test(name, ...)
  local where = place()
  must_declare("test", where)
  M.at_most("test", 1 + select("#", ...), 1, "p.test \"name\" { ... }", where)
  local label = "test " .. (type(name) == "string" and show.value(name) or "?")
  local function report(text) M.mistake(where, label .. ": " .. text) end
  if type(name) ~= "string" then report("needs a name (hint: p.test \"name\" { ... })") end
  return function(given)
    if type(given) ~= "table" then return report("wants { pipeline =, input =, output = }, got " .. show.value(given)) end
    local options = check.options(given, schema.test, report)
    tests[#tests + 1] = {
      name = tostring(name), pipeline = options.pipeline, report = report, file = where.file, line = where.line,
      input = native.list(check_events(given.input or {}, "input", report)),
      output = native.list(check_events(given.output or {}, "output", report)),
    }
  end
end

--- The text of `--set name=text`, and whether there is one.
---@param name string
---@return string?
function M.read_param(name)
  params_read[name] = true
  return native.param(name)
end

-- What only the whole script shows.

local function check_completeness()
  for _, pipeline in ipairs(pipelines) do
    if not pipeline.complete then pipeline.report("has no stages (hint: p.pipeline \"" .. pipeline.name .. "\" { ... })") end
  end
  if #pipelines == 0 and #mistakes == 0 then
    local file = M.script or ""
    M.mistake({ file = file, line = 0 }, "declares no pipeline (hint: p.pipeline \"name\" { p.source.stdin {}, p.sink.stdout {} })")
  end
end

local function check_tests()
  local names = {}
  for i, pipeline in ipairs(pipelines) do names[i] = pipeline.name end
  for _, test in ipairs(tests) do
    if not test.pipeline and #pipelines == 1 then
      test.pipeline = pipelines[1].name
    elseif not test.pipeline then
      test.report("option 'pipeline' is missing (hint: there are " .. table.concat(names, ", ") .. ")")
    elseif not check.is_one_of(test.pipeline, names) then
      local nearest = suggest.nearest(test.pipeline, names)
      test.report("no pipeline is called " .. show.value(test.pipeline) .. (nearest and " (hint: " .. show.value(nearest) .. ")" or ""))
    end
  end
end

local function warn_of_unused()
  for _, node in ipairs(nodes) do
    if not node.used then warning(node, node.label .. ": is in no pipeline") end
  end
  local read = {}
  for name in pairs(params_read) do read[#read + 1] = name end
  for _, name in ipairs(native.params()) do
    if not params_read[name] then
      local nearest = suggest.nearest(name, read)
      warning({ file = M.script or "", line = 0 }, "nothing reads --set " .. name .. (nearest and " (hint: " .. nearest .. ")" or ""))
    end
  end
end

-- The forms for C++: plain data only.

local plain_nodes

local function plain_branch(from)
  return { condition = from.condition, file = from.file, line = from.line, nodes = plain_nodes(from.nodes) }
end

local function plain_node(node)
  local plain = {
    role = node.role, type = node.type, options = node.options, incomplete = node.incomplete, refused = native.list(node.refused or {}),
    file = node.file, line = node.line,
  }
  if node.branches then
    plain.branches = native.list {}
    for i, b in ipairs(node.branches) do plain.branches[i] = plain_branch(b) end
  end
  return plain
end

function plain_nodes(list)
  local plain = native.list {}
  for _, node in ipairs(list) do
    if node.role ~= "unknown" then plain[#plain + 1] = plain_node(node) end
  end
  return plain
end

local function plain_pipelines()
  local plain = native.list {}
  for i, pipeline in ipairs(pipelines) do
    plain[i] = {
      name = pipeline.name, options = pipeline.options, file = pipeline.file, line = pipeline.line, nodes = plain_nodes(pipeline.nodes),
    }
  end
  return plain
end

local function plain_tests()
  local plain = native.list {}
  for i, test in ipairs(tests) do
    plain[i] = { name = test.name, pipeline = test.pipeline, input = test.input, output = test.output, file = test.file, line = test.line }
  end
  return plain
end

--- Everything that was declared, as plain data. `completed`: the script ran to its end; when not, what is missing is not
--- held against it.
---@param completed boolean
function M.finish(completed, script)
  M.script = script
  if completed then
    check_completeness()
    check_tests()
    if #mistakes == 0 then warn_of_unused() end
  end
  finished = true
  return { pipelines = plain_pipelines(), tests = plain_tests(), mistakes = native.list(mistakes), warnings = native.list(warnings) }
end

return M
