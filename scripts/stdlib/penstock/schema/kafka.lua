-- What the source and the sinks that speak to Kafka have in common: how brokers are reached.
local M = {}

local librdkafka = "librdkafka, CONFIGURATION.md"

M.brokers = { "brokers", type = "strings", required = true, example = '"kafka-1:9092,kafka-2:9092"',
  doc = "`host:port` of some of the brokers, comma separated or as a list; the others are learnt from them. Without a port: 9092" }

local sasl = { "sasl", type = "table", doc = "who we are", options = {
  { "mechanism", type = "string", values = { "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512" }, default = "PLAIN",
    doc = "how the password is shown; with PLAIN everybody on the way can read it unless there is TLS", source = "RFC 4616, RFC 5802" },
  { "user", type = "string", required = true, doc = "the user's name" },
  { "password", type = "text", required = true, example = 'p.secret "file:/run/secrets/kafka"', doc = "its password" },
} }

local tls = { "tls", type = "table", doc = "TLS; `{}` for its defaults. Files are PEM", options = {
  { "ca", type = "string", doc = "file with the authorities that are trusted; default: the system's" },
  { "cert", type = "string", doc = "file with our certificate (mTLS)" },
  { "key", type = "text", doc = "file with its key, or the key itself as a secret" },
  { "key_password", type = "text", doc = "of an encrypted key" },
  { "verify", type = "boolean", default = true, doc = "check the brokers' certificates; false: only for tests" },
  { "verify_name", type = "boolean", default = true, doc = "check that a certificate is for the broker's name" },
} }

local client_id = { "client_id", type = "string", default = "penstock", doc = "how the brokers' logs, metrics and quotas call us" }

local properties = { "properties", type = "map", example = '{ ["socket.timeout.ms"] = 30000 }',
  doc = "librdkafka's own properties, for what has no option here; those that an option decides, and those that load code, are refused", source = librdkafka }

--- `options` followed by those of every client of Kafka.
---@param options table[]
---@param without table? names of options that the caller has in another form: { brokers = true }
---@return table[]
function M.with_client(options, without)
  for _, spec in ipairs { M.brokers, sasl, tls, client_id, properties } do
    if not (without and without[spec[1]]) then options[#options + 1] = spec end
  end
  return options
end

return M
