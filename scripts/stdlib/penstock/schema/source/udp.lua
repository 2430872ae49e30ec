local format = require "penstock.schema.format"
local listen = require "penstock.schema.listen"

return {
  name = "udp",
  doc = "Listens for datagrams, each with one or more events. Best effort: what the kernel has no room for is dropped, counted and told.",
  since = "0.1",
  example = 'p.source.udp { listen = "127.0.0.1:5171", format = "lines" }',
  options = format.with_input(listen.with({
    { "listen", type = "strings", required = true, example = '"127.0.0.1:5171"', doc = listen.address_doc },
  }, { datagrams = true })),
  check = format.check_input,
}
