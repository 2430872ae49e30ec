local format = require "penstock.schema.format"
local listen = require "penstock.schema.listen"

return {
  name = "syslog",
  doc = "Listens for syslog messages, RFC 5424 and RFC 3164. Best effort: syslog has no word for `it is safe now`.",
  since = "0.1",
  example = 'p.source.syslog { listen = "127.0.0.1:5140" }',
  options = format.with_options_of("syslog", listen.with_connections {
    { "listen", type = "strings", default = "127.0.0.1:514",
      doc = "`address:port`, `[::1]:port`, `:port` (127.0.0.1), `0.0.0.0:port` (every interface); port 0 takes a free one and logs it" },
    { "framing", type = "string", values = { "auto", "octet_counting", "newline" }, default = "auto",
      doc = "how messages are told apart on a connection; `auto`: by the first byte of each", source = "RFC 6587" },
  }),
  check = function(options) options.format = "syslog" end,
}
