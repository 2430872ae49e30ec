-- What the sources and sinks of object stores have in common: `s3` and `oss`.
local delivery = require "penstock.schema.delivery"
local format = require "penstock.schema.format"

local M = {}

local aws_credentials = {
  { "access_key_id", type = "text", doc = "the key pair's id; with secret_access_key. Without a pair: `profile`, or what AWS's tools would find (environment, web identity, shared files, container, instance metadata)" },
  { "secret_access_key", type = "secret", example = 'p.secret "file:/run/secrets/s3"', doc = "the key pair's secret" },
  { "session_token", type = "secret", doc = "of temporary keys" },
  { "profile", type = "string", doc = "a profile of the shared files; default: AWS_PROFILE, or `default` where it is there" },
  { "credentials_file", as = "credentials_path", type = "string", doc = "default: AWS_SHARED_CREDENTIALS_FILE, or ~/.aws/credentials" },
  { "config_file", as = "config_path", type = "string", doc = "default: AWS_CONFIG_FILE, or ~/.aws/config" },
  { "role_arn", type = "string", example = '"arn:aws:iam::111122223333:role/log-writer"', doc = "a role to assume with these keys" },
  { "external_id", type = "string", doc = "what the role's trust policy asks for" },
  { "session_name", type = "string", default = "penstock", doc = "the name of the role's session in the account's audit log" },
  { "duration", type = "duration", default = "1h", min = "15m", max = "12h", doc = "how long a session of the role lasts" },
  { "web_identity_token_file", as = "web_identity_token_path", type = "string", doc = "assume the role with the token in this file instead of keys; it is read anew each time" },
  { "sts_endpoint", type = "string", example = '"https://sts.eu-west-1.amazonaws.com"', doc = "where roles are assumed; https, or http to this machine. Default: AWS STS of the region" },
  { "sts_ca", as = "sts_ca_path", type = "string", doc = "PEM authorities that are trusted there; default: the system's (those of `tls` are the store's alone)" },
  { "metadata_endpoint", type = "string", doc = "of the instance metadata service (version 2); default: AWS_EC2_METADATA_SERVICE_ENDPOINT, or http://169.254.169.254" },
}

local aliyun_credentials = {
  { "access_key_id", type = "text", doc = "the key pair's id; with access_key_secret. Without a pair: OSS_ACCESS_KEY_ID and its like of the environment, "
    .. "ALIBABA_CLOUD_ACCESS_KEY_ID and its like, or the role of the ECS instance" },
  { "access_key_secret", type = "secret", example = 'p.secret "env:OSS_SECRET"', doc = "the key pair's secret" },
  { "security_token", type = "secret", doc = "of temporary keys" },
  { "role_arn", type = "string", example = '"acs:ram::1234567890:role/log-writer"', doc = "a role to assume with these keys" },
  { "external_id", type = "string", doc = "what the role's trust policy asks for" },
  { "session_name", type = "string", default = "penstock", doc = "the name of the role's session in the account's audit log" },
  { "duration", type = "duration", default = "1h", min = "15m", max = "12h", doc = "how long a session of the role lasts" },
  { "sts_endpoint", type = "string", default = "https://sts.aliyuncs.com", doc = "where roles are assumed; https, or http to this machine", source = "Alibaba Cloud STS, AssumeRole" },
  { "sts_ca", as = "sts_ca_path", type = "string", doc = "PEM authorities that are trusted there; default: the system's (those of `tls` are the store's alone)" },
  { "metadata_endpoint", type = "string", default = "http://100.100.100.200", doc = "of the ECS instance's metadata service" },
}

-- `first` and then `rest`.
local function joined(first, rest)
  for _, spec in ipairs(rest or {}) do first[#first + 1] = spec end
  return first
end

--- Where a bucket of AWS, or of a store that speaks its protocol, is; followed by `more`.
---@param more table[]?
---@return table[]
function M.s3_place(more)
  return joined({
    { "region", type = "string", example = '"eu-west-1"', doc = "the bucket's; default: AWS_REGION, AWS_DEFAULT_REGION, the profile's, or us-east-1" },
    { "endpoint", type = "string", example = '"https://store.example.com:9000"', doc = "another store's URL, without bucket and path; default: AWS of the region" },
    { "addressing", type = "string", values = { "auto", "virtual", "path", "domain" }, default = "auto",
      doc = "`virtual`: bucket.host/key; `path`: host/bucket/key; `domain`: the endpoint is the bucket's own name (CNAME); "
        .. "`auto`: virtual, but path for addresses, localhost and buckets with dots",
      source = "Amazon S3 user guide, Virtual hosting of buckets" },
  }, more)
end

--- Where a bucket of Alibaba Cloud OSS is; followed by `more`.
---@param more table[]?
---@return table[]
function M.oss_place(more)
  return joined({
    { "region", type = "string", example = '"cn-hangzhou"', doc = "the bucket's, without `oss-`; default: that of the endpoint" },
    { "endpoint", type = "string", example = '"https://oss-cn-hangzhou-internal.aliyuncs.com"', doc = "default: the public one of the region" },
    { "addressing", type = "string", values = { "auto", "virtual", "path", "domain" }, default = "auto",
      doc = "`virtual`: bucket.host/key; `domain`: the endpoint is the bucket's own name (CNAME), as buckets of newer accounts in mainland China need it; "
        .. "`path` only for tests" },
    { "signature", type = "string", values = { "v4", "v1" }, default = "v4", doc = "`v1` only for stores that do not know `v4`",
      source = "Alibaba Cloud OSS, Include signatures in the Authorization header" },
  }, more)
end

-- How requests are made.
local connection = {
  { "tls", type = "table", flatten = true, doc = "PEM files for https", options = {
    { "ca", as = "tls_ca", type = "string", doc = "authorities that are trusted; default: the system's" },
    { "cert", as = "tls_cert", type = "string", doc = "our certificate (mTLS)" },
    { "key", as = "tls_key", type = "string", doc = "its key" },
    { "verify", as = "tls_verify", type = "boolean", default = true, doc = "check the server's certificate and name; false: only for tests" },
  } },
  { "connect_timeout", type = "duration", default = "10s", min = "10ms", max = "10m", doc = "of connecting: name look-up, TCP, TLS" },
}

--- The options of an object source.
---@param place table[] where the bucket is
---@param credentials table[]
---@return table[]
function M.with_source(place, credentials)
  local options = {
    { "bucket", type = "string", required = true, example = '"edge-logs"', doc = "the bucket's name; it must be there" },
    { "prefix", type = "string", example = '"logs/edge/"', doc = "how the keys of the objects begin; `logs/edge/`, with its slash, is one directory. Default: all of the bucket" },
    { "match", type = "strings", example = '"*.ndjson.gz"',
      doc = "globs of the keys that are read: without a slash of their last name, else of the whole key (`*`, `?`, `[a-z]`, `**` for directories at any depth). Default: all" },
    { "exclude", type = "strings", example = '"*.txt"', doc = "globs of keys that are left out" },
    { "start_after", type = "string", example = '"logs/edge/2026/11/"', doc = "keys up to this one, in the order of their bytes, are left out" },
    { "since", type = "string", example = '"2026-11-01T00:00:00Z"', doc = "objects last modified before are left out: a time (RFC 3339), or so long before the start, such as `24h`" },
  }
  joined(options, place)
  joined(options, {
    { "credentials", type = "table", default_table = true, doc = "the keys that requests are signed with", options = credentials },
    { "follow", type = "boolean", default = true, doc = "look for new objects for ever; false: read what is there and finish" },
    { "poll", type = "duration", default = "60s", min = "100ms", max = "1d", doc = "how often new objects are looked for, leaving out long stretches of keys that are read and old" },
    { "poll_all", type = "duration", default = "1h", min = "100ms", max = "30d", doc = "how often among all keys. Each 1,000 keys are one request" },
    { "lookback", type = "duration", default = "1d", min = "0s", max = "30d",
      doc = "how long after its time an object may appear and still be seen (AWS dates an upload in parts by its beginning, a replica by its original). "
        .. "What was read is remembered for so long, up to a million objects" },
    { "compression", type = "string", values = { "auto", "none", "gzip", "zlib", "snappy", "zstd", "lz4" }, default = "auto",
      doc = "`auto`: by each object's first bytes, Content-Encoding and the ending of its key; `snappy` is the framing format or a block" },
    { "concurrency", type = "integer", default = 4, min = 1, max = 256, doc = "objects read at a time, on each worker" },
    { "piece", type = "bytes", default = "4MiB", min = "64KiB", max = "256MiB", doc = "of an object in one request (a range); two of them for each object are in memory" },
    { "timeout", type = "duration", default = "60s", min = "1s", max = "1h", doc = "of a request in which not a byte moves; one that moves has an hour" },
  })
  joined(options, connection)
  options[#options + 1] = { "max_event", type = "bytes", default = "1MiB", min = 64, max = "256MiB", doc = "a longer event goes to the dead letter, cut to this length" }
  return format.with_input(options)
end

M.check_source = format.check_input

--- The options of an object sink. `own` are those of its vendor; `vendor`: bucket, encryption and credentials docs.
---@param own table[]
---@param vendor { credentials: table[], checksums: string[], checksum_doc: string, storage_class: string, source: string }
---@return table[]
function M.with_objects(own, vendor)
  local options = format.with_output {
    { "bucket", type = "string", required = true, example = '"edge-logs"', doc = "the bucket's name; it must be there" },
    { "prefix", type = "string", example = '"logs/edge"', doc = "the directory that objects are put into; `key` goes below it" },
    { "key", type = "string", default = "{yyyy}/{MM}/{dd}/{HH}/{pipeline}-{first_time}-{id}.{extension}",
      doc = "the object's name, at most 1,024 bytes with the prefix: `{yyyy} {MM} {dd} {HH} {mm}` and `{first_time}` (20261121T100205Z) are when the batch was begun, or "
        .. "when its first event happened (`time_field`), in UTC; `{id}` is the batch's own; `{hash}` of its bytes; `{pipeline} {host} {worker}` who writes; `{extension}` such as ndjson.gz. "
        .. "It needs `{id}` or `{hash}` (then batches of the same bytes are one object). A retry makes the same key, so never a second object: "
        .. "also after a restart, as long as the template, the prefix and what it names of the writer (`{host}`, `{worker}`) are the same" },
  }
  options[#options + 1] = { "time_field", type = "string", formats = { "ndjson", "json_array" }, example = '"EdgeStartTimestamp"',
    doc = "the field that says when an event happened, RFC 3339 or a number since 1970: the first event's dates the key; without it, or where it is no time, "
      .. "the batch's beginning does" }
  for _, spec in ipairs(own) do options[#options + 1] = spec end
  for _, spec in ipairs {
    { "credentials", type = "table", default_table = true, doc = "the keys that requests are signed with", options = vendor.credentials },
    { "compression", type = "string", values = { "none", "gzip", "zstd", "snappy" }, default = "gzip",
      doc = "of each object, told by Content-Encoding and the extension; `snappy` is the framing format" },
    { "compression_level", type = "integer", min = 1, max = 19, doc = "default: the codec's own; each codec has its range" },
    { "encryption", type = "table", flatten = true, doc = "how the store encrypts the objects; without it: as the bucket says", source = vendor.source, options = {
      { "type", as = "encryption_type", type = "string", values = { "AES256", "kms" }, doc = "with the store's own keys, or with its key management service" },
      { "key_id", as = "encryption_key_id", type = "string", doc = "with kms: which key; default: the account's" },
    } },
    { "storage_class", type = "string", example = vendor.storage_class, doc = "default: the bucket's" },
    { "only_if_absent", type = "boolean", default = true,
      doc = "a retry writes nothing when its object is there already; left out by itself at stores that do not know it" },
    { "checksum", type = "string", values = vendor.checksums, default = "auto",
      doc = "what the store compares with the body that arrived: `md5` sends Content-MD5; " .. vendor.checksum_doc },
    { "multipart", type = "table", flatten = true, doc = "how large objects are uploaded", options = {
      { "above", as = "multipart_above_bytes", type = "bytes", default = "64MiB", min = "5MiB", max = "5GiB", doc = "larger objects go in parts" },
      { "part", as = "multipart_part_bytes", type = "bytes", default = "8MiB", min = "5MiB", max = "1GiB", doc = "of this size (the last one is smaller)" },
      { "at_once", as = "multipart_at_once", type = "integer", default = 4, min = 1, max = 64, doc = "so many of an object at a time" },
    } },
    { "timeout", type = "duration", default = "60s", min = "1s", max = "1h", doc = "of a request in which not a byte moves; one that moves has an hour" },
  } do options[#options + 1] = spec end
  joined(options, connection)
  delivery.with_delivery(options, { batch_bytes = "64MiB", linger = "5m", concurrency = 4, memory = "256MiB" })
  for _, spec in ipairs(options) do
    if spec[1] == "batch" then spec.doc = "when an object is closed: at the first of these bounds, or after `linger`" end
  end
  return options
end

M.aws_credentials = aws_credentials
M.aliyun_credentials = aliyun_credentials

--- What concerns several options.
function M.check(options, report)
  format.check_output(options, report)
  delivery.check_delivery(options, report)
end

return M
