local format = require "penstock.schema.format"

return {
  name = "stdout",
  doc = "Writes events to standard output.",
  since = "0.1",
  example = "p.sink.stdout {}",
  options = format.with_output {
    { "linger", type = "duration", default = "100ms", min = 0, max = "1h", doc = "how long events wait for more; on a terminal they do not" },
  },
  check = format.check_output,
}
