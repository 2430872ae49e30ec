local formats = { access = "json", json = "json", nginx = "nginx", syslog = "syslog" }

return {
  name = "generate",
  doc = "Makes events, for demonstrations and load.",
  since = "0.1",
  example = 'p.source.generate { count = 1000, template = "access", seed = 1 }',
  options = {
    { "template", type = "string", values = { "access", "nginx", "syslog" }, default = "access",
      doc = "what the events look like: an edge's JSON access log, nginx lines, syslog lines" },
    { "count", type = "integer", default = 0, min = 0, doc = "events in all; 0: without end" },
    { "rate", type = "number", default = 0, min = 0, max = 100000000, doc = "events a second; 0: as fast as they are taken" },
    { "seed", type = "integer", default = 1, min = 0, doc = "the same seed makes the same events" },
  },
  check = function(options) options.format = formats[options.template] end,
}
