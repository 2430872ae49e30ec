return {
  name = "remove",
  doc = "Removes fields.",
  since = "0.1",
  example = 'p.remove { "Cookies", "request.headers.authorization" }',
  usage = "a list of field names",
  short = { option = "names", list = true },
  options = {
    { "names", type = "strings", required = true, doc = "paths of the fields that go" },
  },
}
