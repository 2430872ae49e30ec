local format = require "penstock.schema.format"

return {
  name = "parse",
  doc = "Parses the text of one field and adds the fields that are in it.",
  since = "0.1",
  example = 'p.parse { field = "message", format = "logfmt" }',
  options = format.with_input({
    { "field", type = "string", default = "message", doc = "path of the field that holds the text" },
    { "prefix", type = "string", example = '"http."', doc = "what the names of the new fields begin with" },
    { "remove", type = "boolean", default = false, doc = "remove `field` when it could be parsed" },
    { "on_error", type = "string", values = { "dead_letter", "keep", "drop" }, default = "dead_letter",
      doc = "what becomes of an event whose text cannot be parsed; `keep`: it goes on unchanged; `drop`: it is filtered out" },
  }, { required = true, example = '"logfmt"' }),
  check = format.check_input,
}
