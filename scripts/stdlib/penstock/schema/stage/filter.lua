return {
  name = "filter",
  doc = "Keeps the events that a condition holds for.",
  since = "0.1",
  example = [[p.filter "EdgeResponseStatusCode >= 500 and not ClientRequestPath starts_with '/health'"]],
  usage = "an expression, a table { all = ... } or { any = ... }, or a function",
  short = { option = "expression", whole = true },
  options = {
    { "expression", type = "filter", required = true,
      doc = "text in the filter language; `{ all = { { \"status\", \">=\", 500 }, ... } }`, `any`, nested; or `function(event) return ... end`" },
  },
}
