-- Options of the sinks that connect to an address and get no answer.
local M = {}

M.tls = { "tls", type = "table", doc = "TLS 1.2 or later; `{}` for its defaults. Files are PEM", options = {
  { "verify", type = "boolean", default = true, doc = "check the server's certificate and name; false: only for tests" },
  { "ca", type = "string", doc = "file with the authorities that are trusted; default: the system's" },
  { "cert", type = "string", doc = "file with our certificate (mTLS)" },
  { "key", type = "text", doc = "file with its key, or the key itself as a secret" },
  { "server_name", type = "string", doc = "name that is asked for and that the certificate must have; default: the host of `address`" },
} }

M.timeouts = {
  { "connect_timeout", type = "duration", default = "10s", min = "10ms", max = "10m", doc = "of connecting: name look-up and TCP" },
  { "timeout", type = "duration", default = "30s", min = "100ms", max = "1h", doc = "without any progress; a slow receiver may take as long as it likes" },
}

return M
