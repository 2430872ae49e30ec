return {
  name = "set",
  doc = "Writes constant values into fields.",
  since = "0.1",
  example = 'p.set { service = "edge", ["host.region"] = "eu", debug = p.null }',
  usage = "a table of field = value",
  short = { option = "values", whole = true },
  options = {
    { "values", type = "map", required = true, doc = "`path = value` pairs; values are strings, numbers, booleans, `p.null`, lists and tables" },
  },
}
