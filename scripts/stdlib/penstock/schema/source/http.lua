local format = require "penstock.schema.format"
local listen = require "penstock.schema.listen"

local formats = { "auto" }
for _, name in ipairs(format.input_names) do formats[#formats + 1] = name end

local esa = "Alibaba Cloud ESA, real-time log delivery: server authentication"

return {
  name = "http",
  doc = "Takes events over HTTP (POST or PUT): NDJSON, an array or an object in JSON, or lines of text, plain or compressed (Content-Encoding gzip, deflate, zstd, "
    .. "snappy). It answers 200 when the events are safe (delivered or spooled), 503 or 429 with Retry-After when they should come again later, and 4xx with the "
    .. "reason in JSON when they are no use.",
  since = "0.1",
  example = 'p.source.http { listen = "127.0.0.1:8080", auth = { bearer = p.secret "env:INGEST_TOKEN" } }',
  options = format.with_input(listen.with({
    { "listen", type = "strings", required = true, example = '"127.0.0.1:8080"', doc = listen.address_doc },
    { "path", type = "string", default = "/", example = '"/v1/logs"', doc = "the path that takes events; `/`: every path" },
    { "auth", type = "table", doc = "who may send: one of these", options = {
      { "bearer", type = "text", example = 'p.secret "env:INGEST_TOKEN"', doc = "a token, in the header Authorization; 401 without it", source = "RFC 6750" },
      { "basic", type = "table", doc = "a user and a password; 401 without them", source = "RFC 7617", options = {
        { "user", type = "text", required = true, doc = "without a colon" },
        { "password", type = "text", required = true, example = 'p.secret "file:/run/secrets/ingest"', doc = "the password" },
      } },
      { "signed_url", type = "table", doc = "urls signed by `auth_key=EXPIRY-RANDOM-MD5`, as an edge cloud's log delivery sends them; 403 when wrong or expired", source = esa, options = {
        { "private_key", type = "text", required = true, example = 'p.secret "env:LOG_KEY"', doc = "6 to 18 letters and digits" },
        { "path", type = "string", doc = "the path that is signed; default: the request's" },
      } },
    } },
    { "max_body", type = "bytes", default = "16MiB", min = "1KiB", max = "1GiB", doc = "of a request, inflated; 413 above it" },
    { "requests_max", type = "integer", default = 1000, min = 1, max = 1000000, doc = "that wait for their answer, on each worker; 503 above it" },
    { "requests_bytes", as = "requests_max_bytes", type = "bytes", default = "64MiB", min = "1KiB", max = "64GiB", doc = "what their bodies may take, on each worker; 503 above it" },
    { "client_requests_max", type = "integer", default = 0, min = 0, max = 1000000,
      doc = "of one IP address that wait for their answer, on each worker; 429 above it. 0: no bound of its own" },
    { "connections_max", type = "integer", default = 1024, min = 1, max = 100000,
      doc = "open at a time, for each worker and address, of 32 KiB memory each; more wait in the kernel" },
    { "timeout", type = "duration", default = "60s", min = "1s", max = "1h", doc = "a connection on which nothing moves for so long is closed" },
    { "body_timeout", type = "duration", default = "2m", min = "1s", max = "1h",
      doc = "a request whose body has not come whole after so long is answered 408, and its connection closed" },
    { "answer_timeout", type = "duration", default = "30s", min = "1s", max = "1h",
      doc = "events that are not safe after this time are answered with 503, though they may arrive yet: sent again, they may be there twice" },
    { "retry_after", type = "duration", default = "5s", min = "1s", max = "1h", doc = "what Retry-After says with 429 and 503" },
  }, { tls = true }), {
    values = formats, default = "auto",
    doc = "`auto`: by Content-Type, JSON (application/json, application/x-ndjson, anything in +json) or lines (text/plain); when that says nothing, a body that begins "
      .. "with `{` or `[` is JSON. Another one is that, whatever Content-Type says",
  }),
  check = format.check_input,
}
