-- What the source and the sinks that speak to Kafka have in common: how brokers are reached; and what the sinks have.
local delivery = require "penstock.schema.delivery"
local format = require "penstock.schema.format"

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
  doc = "librdkafka's own properties, those of its manual, for what has no option here; refused are those that an option decides, and what loads or runs code or writes files",
  source = librdkafka }

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

local function is_of_this_machine(broker)
  local host = string.gsub(string.match(broker, "^%[?(.-)%]?:%d+$") or broker, "^%s+", "")
  return host == "localhost" or host == "::1" or string.find(host, "^127%.") ~= nil
end

--- What is worth a warning of how brokers are reached.
function M.warn_of_client(options, warn)
  if options.tls or not options.sasl or options.sasl.mechanism ~= "PLAIN" then return end
  for _, given in ipairs(options.brokers) do
    for broker in string.gmatch(given, "[^,]+") do
      if not is_of_this_machine(broker) then
        return warn("option 'sasl': PLAIN without TLS shows the password to everybody on the way (hint: tls = {}, or mechanism = \"SCRAM-SHA-512\")")
      end
    end
  end
end

local kafka_go = "kafka-go (segmentio), balancer.go"

local message_options = {
  { "topic", type = "string", required = true, example = '"edge-logs"', doc = "where messages go; `{field}` in it is that field of each event, such as `logs-{service}`" },
  { "topics_max", type = "integer", default = 100, min = 1, max = 10000,
    doc = "with fields in `topic`: so many topics on each worker; events of further ones go to the dead letter" },
  { "unknown_topic", type = "string", values = { "pause", "dead_letter" },
    doc = "what a topic that is not there, or that we may not write to, means: `pause` the sink until somebody has mended it, or `dead_letter` its events; "
      .. "default: `pause`, and with fields in `topic` `dead_letter`" },
  { "mode", type = "string", values = { "event", "batch" }, default = "event",
    doc = "what a message holds: one event; or a whole batch of them, one a line (ndjson) or as `format` says, with nothing in it made of fields" },
  { "key", type = "string", may_be_empty = true, example = '"{ClientIP}"',
    doc = "the message's key: a text with `{field}`s (`check` warns of one without any). Without the option, or where an event lacks a field, the message has no key, which is not an empty key" },
  { "headers", type = "map", of = "string", example = '{ source = "edge", trace = "{TraceId}" }',
    doc = "headers of each message: texts with `{field}`s; one whose field an event lacks is left out" },
  { "timestamp", type = "string", example = '"EdgeStartTimestamp"',
    doc = "the field that is the message's timestamp: RFC 3339, or a number since 1970; without it, or where it is no time: the moment of sending" },
  { "balancer", type = "string", values = { "least_bytes", "hash", "round_robin", "crc32", "murmur2" }, default = "hash", source = kafka_go,
    doc = "which partition a message goes to, chosen as kafka-go does: `least_bytes` so far; `hash` of the key (FNV-1a), without one in turn; "
      .. "`round_robin`; `crc32` of the key as librdkafka, `murmur2` as Java's client, both at random without one" },
  { "consistent", type = "boolean", default = false, doc = "with crc32 and murmur2: messages without a key go to one partition, not to random ones", source = kafka_go },
  { "chunk_size", type = "integer", default = 1, min = 1, max = 1000000, doc = "with round_robin: so many messages to a partition before it is the next one's turn", source = kafka_go },
  { "compression", type = "string", values = { "none", "gzip", "snappy", "lz4", "zstd" }, default = "lz4", doc = "of the batches that go to the brokers" },
  { "compression_level", type = "integer", min = 1, max = 12, doc = "default: the codec's own; gzip 1 to 9, lz4 1 to 12, zstd 1 to 12", source = librdkafka },
  { "acks", type = "any", values = { "all", 1, 0 }, default = "all",
    doc = "who has a message before it counts as delivered: `\"all\"` replicas in sync, 1: the partition's leader alone, 0: nobody says (1 and 0 are best effort)" },
  { "idempotent", type = "boolean", doc = "retries within `timeout` put nothing there twice and keep the order; needs acks = \"all\", with which it is the default" },
  { "max_message", type = "bytes", default = "1MB", min = "1000B", max = "1GB",
    doc = "a larger message goes to the dead letter without being sent: its value, key and headers, and some 36 bytes of framing; the topic's max.message.bytes is the brokers' own bound" },
  { "timeout", type = "duration", default = "30s", min = "1s", max = "1h",
    doc = "how long librdkafka tries to deliver a message before its batch is tried again from here, or spooled; a message that was sent but not answered by then may be there twice" },
}

--- The options of a sink that produces messages. `own` come first; `without`: see with_client.
---@param own table[]
---@param without table?
---@param defaults table? other defaults, by the option's name
---@return table[]
function M.with_producer(own, without, defaults)
  local options = M.with_client(own, without)
  for _, spec in ipairs(message_options) do
    local copy = {}
    for key, value in pairs(spec) do copy[key] = value end
    if defaults and defaults[spec[1]] ~= nil then copy.default = defaults[spec[1]] end
    options[#options + 1] = copy
  end
  return delivery.with_delivery(format.with_output(options), { linger = "100ms" })
end

-- `{field}` somewhere in it; `{{` is a brace.
local function has_fields(template)
  return string.find(string.gsub(template, "{{", ""), "{", 1, true) ~= nil
end

local by_key = { hash = true, crc32 = true, murmur2 = true }

local function warn_of_key(options, warn)
  if not options.key or options.mode ~= "event" or has_fields(options.key) then return end
  local field = string.find(options.key, "^[%a_@][%w_@.-]*$") and options.key or "ClientIP"
  warn("option 'key' is a constant, so all messages have the same key" .. (by_key[options.balancer] and " and go to one partition" or "")
    .. " (hint: key = \"{" .. field .. "}\" takes the field)")
end

--- What concerns several options of such a sink.
function M.check_producer(options, report, given, warn)
  warn_of_key(options, warn)
  format.check_output(options, report)
  delivery.check_delivery(options, report)
  if given.consistent ~= nil and options.balancer ~= "crc32" and options.balancer ~= "murmur2" then
    report("option 'consistent' belongs to balancer \"crc32\" or \"murmur2\", not to \"" .. options.balancer .. "\"")
  end
  if given.chunk_size ~= nil and options.balancer ~= "round_robin" then
    report("option 'chunk_size' belongs to balancer \"round_robin\", not to \"" .. options.balancer .. "\"")
  end
  if given.topics_max ~= nil and not has_fields(options.topic) then
    report("option 'topics_max' is for a topic with fields in it (hint: topic = \"logs-{service}\")")
  end
  if options.idempotent and options.acks ~= "all" then report("option 'idempotent' needs acks = \"all\"") end
  if options.mode == "event" then
    if given.header then report("option 'header' is for mode \"batch\": a message is one event, and its reader knows the columns") end
    if options.format == "csv" then options.header = false end
  elseif not (given.batch and given.batch.bytes) then
    options.batch_bytes = math.min(options.batch_bytes, math.floor(options.max_message_bytes / 2))
  elseif options.batch_bytes > options.max_message_bytes then
    report("option 'batch.bytes' must not be above 'max_message': with mode = \"batch\" a batch is a message")
  end
end

return M
