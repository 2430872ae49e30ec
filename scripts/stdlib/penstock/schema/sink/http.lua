local delivery = require "penstock.schema.delivery"
local format = require "penstock.schema.format"

local esa = "Alibaba Cloud ESA, real-time log delivery to an HTTP server"

local own = format.with_output {
  { "url", type = "string", required = true, example = '"https://logs.example.com/ingest"',
    doc = "where requests go, http or https; redirects are not followed. Proxies are those of the environment (`https_proxy`, `http_proxy`, `no_proxy`)",
    source = esa },
  { "method", type = "string", values = { "POST", "PUT" }, default = "POST", doc = "the request's method" },
  { "compression", type = "string", values = { "none", "gzip", "zlib", "snappy", "snappy_framed", "zstd" }, default = "none",
    doc = "of the body, told by Content-Encoding: `gzip`; `zlib` is `deflate`; `snappy` is the raw block, as Prometheus' receivers and most others expect; "
      .. "`snappy_framed` is `x-snappy-framed`; `zstd`", source = "RFC 9110 section 8.4.1" },
  { "compression_level", type = "integer", min = 1, max = 19, doc = "default: the codec's own; each codec has its range" },
  { "body_prefix", type = "string", may_be_empty = true, doc = "put before the body, as it is written", source = esa },
  { "body_suffix", type = "string", may_be_empty = true, doc = "put behind the body, as it is written", source = esa },
  { "separator", type = "string", may_be_empty = true, formats = { "ndjson", "raw", "logfmt" }, example = '"\\\\n"',
    doc = "between entries; default: a line end. `\\n`, `\\r`, `\\t`, `\\0` and `\\\\` may be written out", source = esa },
  { "last_separator", type = "boolean", formats = { "ndjson", "raw", "logfmt" }, doc = "a separator ends the last entry too; default: true", source = esa },
  { "headers", type = "map", of = "text", example = '{ ["X-Team"] = "edge" }', doc = "headers of each request: name = string or secret", source = esa },
  { "params", type = "map", of = "text", example = '{ token = p.secret "env:LOG_TOKEN" }',
    doc = "parameters added to the url: name = string or secret; they are percent-encoded here", source = esa },
  { "signed_url", type = "table", flatten = true, doc = "sign each request's url: `auth_key=EXPIRY-RANDOM-MD5`", source = esa .. ", server authentication", options = {
    { "private_key", as = "signed_url_private_key", type = "text", example = 'p.secret "env:LOG_KEY"', doc = "must be given: 6 to 18 letters and digits" },
    { "expires", as = "signed_url_expires_ms", type = "duration", default = "300s", min = "1s", max = "365d", doc = "how long a signature holds; 300s or more is advised" },
    { "path", as = "signed_url_path", type = "string", example = '"/v1/log/upload"', doc = "the path that is signed; default: the url's" },
  } },
  { "auth", type = "table", flatten = true, doc = "who we are, in the header Authorization: one of these", options = {
    { "bearer", as = "auth_bearer", type = "text", example = 'p.secret "env:LOG_TOKEN"', doc = "a token", source = "RFC 6750" },
    { "basic", type = "table", flatten = true, doc = "a user and a password", source = "RFC 7617", options = {
      { "user", as = "auth_user", type = "text", doc = "without a colon" },
      { "password", as = "auth_password", type = "text", example = 'p.secret "file:/run/secrets/log"', doc = "the password" },
    } },
  } },
  { "tls", type = "table", flatten = true, doc = "PEM files for https", options = {
    { "ca", as = "tls_ca", type = "string", doc = "authorities that are trusted; default: the system's" },
    { "cert", as = "tls_cert", type = "string", doc = "our certificate (mTLS)" },
    { "key", as = "tls_key", type = "string", doc = "its key" },
    { "verify", as = "tls_verify", type = "boolean", default = true, doc = "check the server's certificate and name; false: only for tests" },
  } },
  { "timeout", type = "duration", default = "30s", min = "100ms", max = "1h", doc = "of a whole request" },
  { "connect_timeout", type = "duration", default = "10s", min = "10ms", max = "10m", doc = "of connecting: name look-up, TCP, TLS" },
  { "success", type = "table", flatten = true, doc = "which answers mean that the events are delivered", options = {
    { "status", as = "success_status", type = "list", of = "integer", example = "{ 200, 204 }", doc = "these statuses; default: every 2xx" },
    { "body_key", as = "success_body_key", type = "string", example = '"err_code"', doc = "and this value in the JSON body, its path written with dots", source = esa },
    { "body_value", as = "success_body_value", type = { "string", "number", "boolean" }, example = "0", doc = "is this one; else the request is tried again (looked for in the answer's first 4 MiB)" },
  } },
}

return {
  name = "http",
  doc = "Sends events to an HTTP server, a batch in each request. 2xx delivers; 408, 421, 423, 424, 425, 429 and 5xx are tried again (Retry-After is honoured); "
    .. "400, 409, 413 and 422 halve the batch until the events that the server refuses stand alone, which go to the dead letter; 3xx and every other 4xx "
    .. "pause the sink until somebody has mended what is wrong. Each request has its batch's id in the header X-Penstock-Batch, the same when it is tried again.",
  since = "0.1",
  example = 'p.sink.http { url = "https://logs.example.com/ingest", compression = "gzip", auth = { bearer = p.secret "env:LOG_TOKEN" } }',
  options = delivery.with_delivery(own),
  -- What a cloud's delivery task allows of it.
  task = { headers_max = 20, params_max = 20 },
  check = function(options, report, given)
    format.check_output(options, report)
    delivery.check_delivery(options, report)
    if given.signed_url and not options.signed_url_private_key then
      report("option 'signed_url.private_key' is missing (hint: private_key = p.secret \"env:LOG_KEY\")")
    end
    if given.auth and not options.auth_bearer and not (options.auth_user and options.auth_password) then
      report("option 'auth' wants bearer = ..., or basic = { user = ..., password = ... }")
    end
  end,
}
