-- Keep what went wrong in a web server's log: parse, filter, sample by client, choose fields, tidy up in Lua, write JSON lines.
local p = require "penstock"

p.pipeline "apache-errors" {
  p.source.file { path = "examples/data/apache-access.log", format = "apache", follow = false },

  p.filter "status >= 400 and not path starts_with '/robots.txt'",
  p.sample { rate = 0.5, key = "remote_addr", seed = 1 },
  p.fields { "time_local", "remote_addr", "method", "path", "status", "http_user_agent" },
  p.transform (function(event)
    event.path = event.path:match "^[^?]*"
    event.bot = (event.http_user_agent or ""):lower():find("bot", 1, true) ~= nil
  end),

  p.sink.file { path = "out/apache-errors.ndjson" },
}
