local format = require "penstock.schema.format"

local formats = { access = "json", nginx = "nginx", syslog = "syslog" }

-- What the events of a template of the script's own look like.
local function format_of(template)
  local line = type(template) == "table" and template[1] or template
  return formats[line] or (string.match(line, "^%s*{") and "json" or "lines")
end

return {
  name = "generate",
  doc = "Makes events, for demonstrations and load.",
  since = "0.1",
  example = 'p.source.generate { count = 1000, template = "access", seed = 1 }',
  options = format.with_input({
    { "template", type = "strings", keep_text = true, default = "access",
      doc = "`access` (an edge's JSON access log), `nginx`, `syslog`, or a line or list of lines of your own" },
    { "count", type = "integer", default = 0, min = 0, doc = "events in all; 0: without end" },
    { "rate", type = "number", default = 0, min = 0, max = 100000000, doc = "events a second; 0: as fast as they are taken" },
    { "seed", type = "integer", default = 1, min = 0, doc = "the same seed makes the same events" },
    { "max_event", type = "bytes", default = "1MiB", min = 64, max = "256MiB", doc = "a longer event goes to the dead letter" },
  }, { optional = true, doc = "how the bytes become events again; the default fits the template, `json` or `lines` for lines of your own" }),
  check = function(options, report)
    options.format = options.format or format_of(options.template)
    format.check_input(options, report)
  end,
}
