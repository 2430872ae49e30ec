local connect = require "penstock.schema.connect"
local delivery = require "penstock.schema.delivery"
local format = require "penstock.schema.format"

local own = format.with_output({
  { "address", type = "string", required = true, example = '"logs.example.com:5170"', doc = "`host:port`, `[::1]:port`, `unix:/path`" },
  connect.tls,
  connect.timeouts[1],
  connect.timeouts[2],
}, { values = { "ndjson", "raw", "logfmt", "csv" } })

return {
  name = "tcp",
  doc = "Sends events over a connection. Best effort, for TCP has no answer: delivered means that the other machine has acknowledged every byte and the "
    .. "connection still stands; what the program there had not read is lost if it is killed. After a cut the batch is sent again, whole.",
  since = "0.1",
  example = 'p.sink.tcp { address = "logs.example.com:6514", format = "ndjson", tls = {} }',
  options = delivery.with_delivery(own, { concurrency = 1 }),
  check = function(options, report, given)
    if options.format == "csv" then
      if given.header then report("option 'header' is not for connections: a batch is no file (hint: the receiver knows the columns)") end
      options.header = false
    end
    format.check_output(options, report)
    delivery.check_delivery(options, report)
  end,
}
