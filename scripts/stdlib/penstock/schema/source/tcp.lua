local format = require "penstock.schema.format"
local listen = require "penstock.schema.listen"

return {
  name = "tcp",
  doc = "Listens for connections; each brings a stream of events. Best effort: TCP has no word for `it is safe now`.",
  since = "0.1",
  example = 'p.source.tcp { listen = "127.0.0.1:5170", format = "json" }',
  options = format.with_input(listen.with({
    { "listen", type = "strings", required = true, example = '"127.0.0.1:5170"', doc = listen.address_doc },
  }, { connections = true, tls = true })),
  check = format.check_input,
}
