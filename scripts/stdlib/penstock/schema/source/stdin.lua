local format = require "penstock.schema.format"

return {
  name = "stdin",
  doc = "Reads standard input to its end.",
  since = "0.1",
  example = 'p.source.stdin { format = "lines" }',
  options = format.with_input {
    { "max_event", type = "bytes", default = "1MiB", min = 64, max = "256MiB",
      doc = "a longer event goes to the dead letter, cut to this length" },
  },
  check = format.check_input,
}
