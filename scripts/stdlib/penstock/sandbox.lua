-- Builds the environment that a script runs in. Called once per state by the host, before the script.
jit.off(true, true)  -- runs while a script declares, once: compiling it would cost more than it saves

local native = require "penstock.native"

local M = {}

local function copy(from, names)
  local to = {}
  for _, name in ipairs(names) do to[name] = from[name] end
  return to
end

local function copy_all(from)
  local to = {}
  for name, value in pairs(from) do to[name] = value end
  return to
end

-- string.rep makes its result in one allocation: too large a one would fail without a line.
local function bounded_rep(s, n, separator)
  local size = (#s + (separator and #separator or 0)) * n
  if size > native.memory_bytes() / 2 then
    error(string.format("string.rep: the result would have %.0f bytes, more than half of what Lua may use", size), 2)
  end
  return string.rep(s, n, separator)
end

local function safe_string()
  local library = copy_all(string)
  library.dump = nil
  library.rep = bounded_rep
  return library
end

-- Source text only: bytecode is not checked by LuaJIT and can do anything.
local function safe_load(environment)
  return function(chunk, name, mode, own_environment)
    if mode == "b" then return nil, "bytecode cannot be loaded in the sandbox" end
    return load(chunk, name, "t", own_environment == nil and environment or own_environment)
  end
end

local function after_call(handler, done, ...)
  if done then return true, ... end
  local _, result = pcall(handler, (...))
  return false, result
end

-- LuaJIT runs a message handler before it leaves the hook that raised: in there nothing could stop it. Here it runs after.
-- Without the debug library a handler cannot tell the difference.
local function safe_xpcall(f, handler, ...)
  return after_call(handler, pcall(f, ...))
end

local function safe_collectgarbage(what)
  if what == nil or what == "collect" then return collectgarbage("collect") end
  if what == "count" then return collectgarbage("count") end
  error("collectgarbage: only \"count\" and \"collect\" are allowed in the sandbox", 2)
end

local preloaded = { ["bit"] = true, ["table.new"] = true, ["table.clear"] = true }
local loading = {}

-- The script's `require`. `fallback` (unsafe runs only) finds what is not beside the script.
local function module_loader(environment, fallback)
  local loaded = { penstock = require "penstock" }
  return function(name)
    if type(name) ~= "string" then error("require: a module's name must be a string, got " .. type(name), 2) end
    if loaded[name] == loading then error("module '" .. name .. "' requires itself, over other modules perhaps", 2) end
    if loaded[name] ~= nil then return loaded[name] end
    if preloaded[name] then return require(name) end
    local text, chunk = native.read_module(name)
    if not text then
      if fallback then return fallback(name) end
      error("module '" .. name .. "' not found: " .. chunk, 2)
    end
    local run, message = load(text, chunk, "t", environment)
    if not run then error(message, 0) end
    loaded[name] = loading
    local done, result = pcall(run, name)
    loaded[name] = nil
    if not done then error(result, 0) end
    loaded[name] = result == nil and true or result
    return loaded[name]
  end
end

local function safe_environment()
  local environment = copy(_G, {
    "assert", "error", "ipairs", "next", "pairs", "pcall", "rawequal", "rawget", "rawset", "select", "setmetatable",
    "getmetatable", "tonumber", "tostring", "type", "unpack", "_VERSION",
  })
  environment.bit = copy_all(bit)
  environment.coroutine = copy_all(coroutine)
  environment.math = copy_all(math)
  environment.table = copy_all(table)
  environment.string = safe_string()
  environment.os = copy(os, { "clock", "date", "difftime", "time" })
  environment.jit = copy(jit, { "version", "version_num", "os", "arch" })
  environment.xpcall = safe_xpcall
  environment.collectgarbage = safe_collectgarbage
  environment.load = safe_load(environment)
  environment.loadstring = function(text, name) return environment.load(text, name) end
  environment.require = module_loader(environment)
  -- ("x"):f() finds what the script sees as string.f; getmetatable("") gives no way to the table itself.
  local strings = getmetatable("")
  strings.__index = environment.string
  strings.__metatable = "string"
  return environment
end

local function unsafe_environment()
  local environment = setmetatable({}, { __index = _G })
  environment.require = module_loader(environment, require)
  return environment
end

function M.environment(unsafe)
  local environment = unsafe and unsafe_environment() or safe_environment()
  environment._G = environment
  environment.print = native.print
  return environment
end

return M
