return {
  name = "route",
  doc = "Sends events different ways: each goes to the first branch whose condition holds for it, or to `otherwise`. "
    .. "Without `otherwise` an event that no branch takes is filtered out. Ends its pipeline: each branch ends in its own sinks.",
  since = "0.1",
  example = 'p.route {\n  { "status >= 500", p.sink.file { path = "errors.ndjson" } },\n  otherwise = { p.sample (0.01), p.sink.file { path = "rest.ndjson" } },\n}',
  options = {},
}
