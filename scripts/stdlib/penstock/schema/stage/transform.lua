return {
  name = "transform",
  doc = "Changes events with a Lua function. It returns nothing (the event stays, as changed), `false` (it goes), or a list of tables (these instead).",
  since = "0.1",
  example = "p.transform (function(event) event.slow = event.ms > 500 end)",
  usage = "a function, or { function, reads = { ... } }",
  short = { option = "function", first = true },
  options = {
    { "function", type = "function", required = true,
      doc = "called with each event; what it keeps in upvalues lives once per worker" },
    { "reads", type = "strings", doc = "paths of the fields that it reads; without it they are learnt while it runs" },
  },
}
