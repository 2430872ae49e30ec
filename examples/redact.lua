-- Remove personal data before it leaves: what a pattern finds is masked, and a transform never gets to see it.
local p = require "penstock"

p.pipeline "redact" {
  p.source.file { path = "examples/data/signups.ndjson", format = "json", follow = false },
  p.redact { fields = { "message", "card", "token" }, kinds = { "email", "ipv4", "card", "bearer" } },
  p.sink.stdout {},
}
