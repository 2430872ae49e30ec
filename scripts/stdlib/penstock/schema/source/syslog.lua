local format = require "penstock.schema.format"
local listen = require "penstock.schema.listen"

return {
  name = "syslog",
  doc = "Listens for syslog messages, RFC 5424 and RFC 3164. Best effort: syslog has no word for `it is safe now`.",
  since = "0.1",
  example = 'p.source.syslog { listen = "127.0.0.1:5140", transport = { "tcp", "udp" } }',
  options = format.with_options_of("syslog", listen.with({
    { "listen", type = "strings", example = '"127.0.0.1:514"',
      doc = listen.address_doc .. "; `unix:/path`. The default is 127.0.0.1:514, with `tls` 127.0.0.1:6514" },
    { "transport", type = "strings", values = { "tcp", "udp", "unix", "unix_stream" }, default = "tcp",
      doc = "each address serves those that it can; `unix` are datagrams, as /dev/log takes them, and what a `unix:` address has by default",
      source = "RFC 5426, RFC 6587; with tls RFC 5425" },
    { "framing", type = "string", values = { "auto", "octet_counting", "newline" }, default = "auto",
      doc = "how messages are told apart on a connection; `auto`: by the first byte of each", source = "RFC 6587" },
  }, { connections = true, tls = true, datagrams = true, mode = true })),
  check = function(options, report)
    listen.check_mode(options, report)
    options.format = "syslog"
    options.listen = options.listen or (options.tls and "127.0.0.1:6514" or "127.0.0.1:514")
  end,
}
