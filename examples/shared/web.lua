-- Stages that several pipelines share: a module is a table of functions.
local p = require "penstock"
local M = {}

--- Drops what only machines ask for.
function M.without_health_checks()
  return p.filter "path not in ('/health', '/ready')"
end

--- Marks requests that took longer than `limit_ms`.
function M.mark_slow(limit_ms)
  return p.transform (function(event) event.slow = event.ms > limit_ms end)
end

return M
