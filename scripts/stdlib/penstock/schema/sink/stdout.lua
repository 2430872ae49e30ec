local format = require "penstock.schema.format"

return {
  name = "stdout",
  doc = "Writes events to standard output.",
  since = "0.1",
  example = "p.sink.stdout {}",
  options = format.with_output {},
  check = format.check_output,
}
