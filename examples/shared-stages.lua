-- Share stages between scripts: `require` finds modules beside the script.
local p = require "penstock"
local web = require "shared.web"

p.pipeline "shared-stages" {
  p.source.file { path = "examples/data/requests.ndjson", format = "json", follow = false },
  web.without_health_checks(),
  web.mark_slow(1000),
  p.fields { "path", "ms", "slow" },
  p.sink.stdout {},
}
