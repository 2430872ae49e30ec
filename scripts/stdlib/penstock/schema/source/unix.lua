local format = require "penstock.schema.format"
local listen = require "penstock.schema.listen"

return {
  name = "unix",
  doc = "Listens on a Unix socket. Best effort: its senders are told nothing.",
  since = "0.1",
  example = 'p.source.unix { path = "/run/penstock/events.sock", format = "json" }',
  options = format.with_input(listen.with({
    { "path", type = "string", required = true, example = '"/run/penstock/events.sock"',
      doc = "the socket's file: made at the start (one that nobody listens on is replaced), removed at the end" },
    { "type", type = "string", values = { "stream", "datagram" }, default = "stream", doc = "connections, or datagrams with one or more events each" },
  }, { connections = true, datagrams = true, mode = true })),
  check = function(options, report)
    format.check_input(options, report)
    listen.check_mode(options, report)
  end,
}
