return {
  name = "rename",
  doc = "Gives fields other names; the fields keep their places and values.",
  since = "0.1",
  example = 'p.rename { ClientIP = "client_ip" }',
  usage = "a table of old name = new name",
  short = { option = "names", whole = true },
  options = {
    { "names", type = "map", of = "string", required = true, doc = "`old = \"new\"` pairs of paths" },
  },
}
