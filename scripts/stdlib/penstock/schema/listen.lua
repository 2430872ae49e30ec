-- Options of the sources that listen.
local M = {}

M.address_doc = "`address:port`, `[::1]:port`, `:port` (127.0.0.1), `0.0.0.0:port` (every interface); port 0 takes a free one and logs it"

local connections = {
  { "connections_max", type = "integer", default = 10000, min = 1, max = 1000000,
    doc = "open at a time, for each worker and address; more are closed at once" },
  { "idle_timeout", type = "duration", default = 0, max = "7d", doc = "a connection that brings nothing for so long is closed; 0: never" },
}

local tls = { "tls", type = "table", doc = "TLS 1.2 or later; files are PEM", options = {
  { "cert", type = "string", required = true, example = '"/etc/penstock/server.pem"', doc = "file with the certificate and its chain" },
  { "key", type = "text", required = true, example = '"/etc/penstock/server.key"', doc = "file with the key, or the key itself as a secret" },
  { "client_ca", type = "string", doc = "file with certificate authorities: clients must show a certificate of theirs" },
} }

local datagrams = {
  { "receive_buffer", type = "bytes", default = "4MiB", min = "4KiB", max = "1GiB",
    doc = "what the kernel keeps of datagrams that are not read yet, as far as it allows; it drops what does not fit" },
}

local max_event = { "max_event", type = "bytes", default = "1MiB", min = 64, max = "256MiB", doc = "a longer event goes to the dead letter, cut to this length" }

local mode = { "mode", type = "string", default = "0660", doc = "permissions of the socket's file, in octal: who may write to it may send" }

--- `options` followed by those of `kinds`, and `max_event`.
---@param options table[]
---@param kinds { connections?: boolean, tls?: boolean, datagrams?: boolean, mode?: boolean }
---@return table[]
function M.with(options, kinds)
  local function append(list)
    for _, spec in ipairs(list) do options[#options + 1] = spec end
  end
  if kinds.connections then append(connections) end
  if kinds.tls then append { tls } end
  if kinds.datagrams then append(datagrams) end
  if kinds.mode then append { mode } end
  append { max_event }
  return options
end

--- Reports a wrong `mode`.
function M.check_mode(options, report)
  if not string.match(options.mode, "^0?[0-7][0-7][0-7]$") then
    report("option 'mode' must be octal permissions such as \"0660\", got \"" .. options.mode .. "\"")
  end
end

return M
