-- Options of the sources that listen.
local M = {}

--- `options` followed by what concerns connections.
---@param options table[]
---@return table[]
function M.with_connections(options)
  options[#options + 1] = { "connections_max", type = "integer", default = 10000, min = 1, max = 1000000,
    doc = "open at a time, for each worker and address; more are closed at once" }
  options[#options + 1] = { "idle_timeout", type = "duration", default = 0, max = "7d",
    doc = "a connection that brings nothing for so long is closed; 0: never" }
  options[#options + 1] = { "max_event", type = "bytes", default = "1MiB", min = 64, max = "256MiB", doc = "a longer event goes to the dead letter, cut to this length" }
  return options
end

return M
