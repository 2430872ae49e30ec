return {
  name = "fields",
  doc = "Keeps the named fields only, in this order.",
  since = "0.1",
  example = 'p.fields { "EdgeStartTimestamp", "ClientIP", "request.headers.host" }',
  usage = "a list of field names",
  short = { option = "names", list = true },
  options = {
    { "names", type = "strings", required = true, doc = "paths of the fields that stay" },
  },
}
