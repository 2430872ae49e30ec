local connect = require "penstock.schema.connect"
local delivery = require "penstock.schema.delivery"

local parts = { "facility", "severity", "timestamp", "hostname", "app_name", "proc_id", "msg_id", "structured_data", "message" }

local own = {
  { "address", type = "string", required = true, example = '"logs.example.com:514"', doc = "`host:port`, `[::1]:port`, `unix:/path`" },
  { "transport", type = "string", values = { "tcp", "tls", "udp" }, default = "tcp",
    doc = "`udp` are datagrams, also on a Unix socket such as /dev/log", source = "RFC 5425, RFC 5426, RFC 6587" },
  { "framing", type = "string", values = { "octet_counting", "newline" }, default = "octet_counting",
    doc = "how messages are told apart on a connection; with `newline`, a line end within a message becomes a space", source = "RFC 6587" },
  { "facility", type = "string", default = "user", doc = "of events whose field `facility` (a name or number) says none" },
  { "severity", type = "string", default = "notice", doc = "of events whose fields `severity` and `level` (a name or number) say none" },
  { "hostname", type = "string", doc = "of events without a field `hostname`; default: this machine's" },
  { "app_name", type = "string", default = "penstock", doc = "of events without a field `app_name`" },
  { "body", type = "string", values = { "auto", "message", "json" }, default = "auto",
    doc = "`message`: the field; `json`: the whole event; `auto`: the field, and the whole event when it has none" },
  { "fields", type = "map", of = "string", example = '{ hostname = "host.name", message = "msg" }',
    doc = "paths of the fields that the parts of a message come from: " .. table.concat(parts, ", ") .. "; default: fields of these names" },
  connect.tls,
  connect.timeouts[1],
  connect.timeouts[2],
}

local function is_part(name)
  for _, part in ipairs(parts) do
    if part == name then return true end
  end
  return false
end

return {
  name = "syslog",
  doc = "Sends events as syslog messages (RFC 5424). Best effort, for syslog has no answer: over connections as p.sink.tcp says, over udp less.",
  since = "0.1",
  example = 'p.sink.syslog { address = "logs.example.com:6514", transport = "tls", app_name = "edge" }',
  options = delivery.with_delivery(own, { concurrency = 1 }),
  check = function(options, report, given)
    delivery.check_delivery(options, report)
    for name in pairs(options.fields or {}) do
      if not is_part(name) then report("option 'fields' has no part '" .. name .. "' (hint: " .. table.concat(parts, ", ") .. ")") end
    end
    if options.transport == "udp" then
      if given.concurrency and given.concurrency ~= 1 then report("option 'concurrency' must be 1 with transport \"udp\"") end
      if given.tls then report("option 'tls' is for connections (hint: transport = \"tls\")") end
    end
  end,
}
