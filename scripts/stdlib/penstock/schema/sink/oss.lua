local object = require "penstock.schema.object"

return {
  name = "oss",
  doc = "Puts events into a bucket of Alibaba Cloud OSS, by its own protocol: each batch becomes one object, closed by size, count or age. "
    .. "A retry writes the same object again, also after a restart, so nothing is there twice. The key needs oss:PutObject and oss:AbortMultipartUpload.",
  since = "0.1",
  example = 'p.sink.oss { bucket = "edge-logs", region = "cn-hangzhou", credentials = { access_key_id = "LTAI...", access_key_secret = p.secret "env:OSS_SECRET" } }',
  options = object.with_objects({
    { "region", type = "string", example = '"cn-hangzhou"', doc = "the bucket's, without `oss-`; default: that of the endpoint" },
    { "endpoint", type = "string", example = '"https://oss-cn-hangzhou-internal.aliyuncs.com"', doc = "default: the public one of the region" },
    { "addressing", type = "string", values = { "auto", "virtual", "path", "domain" }, default = "auto",
      doc = "`virtual`: bucket.host/key; `domain`: the endpoint is the bucket's own name (CNAME), as buckets of newer accounts in mainland China need it; "
        .. "`path` only for tests" },
    { "signature", type = "string", values = { "v4", "v1" }, default = "v4", doc = "`v1` only for stores that do not know `v4`",
      source = "Alibaba Cloud OSS, Include signatures in the Authorization header" },
  }, {
    credentials = {
      { "access_key_id", type = "text", doc = "the key pair's id; with access_key_secret. Without a pair: OSS_ACCESS_KEY_ID and its like of the environment, "
        .. "ALIBABA_CLOUD_ACCESS_KEY_ID and its like, or the role of the ECS instance" },
      { "access_key_secret", type = "secret", example = 'p.secret "env:OSS_SECRET"', doc = "the key pair's secret" },
      { "security_token", type = "secret", doc = "of temporary keys" },
      { "role_arn", type = "string", example = '"acs:ram::1234567890:role/log-writer"', doc = "a role to assume with these keys" },
      { "external_id", type = "string", doc = "what the role's trust policy asks for" },
      { "session_name", type = "string", default = "penstock", doc = "the name of the role's session in the account's audit log" },
      { "duration", type = "duration", default = "1h", min = "15m", max = "12h", doc = "how long a session of the role lasts" },
      { "sts_endpoint", type = "string", default = "https://sts.aliyuncs.com", doc = "where roles are assumed", source = "Alibaba Cloud STS, AssumeRole" },
      { "metadata_endpoint", type = "string", default = "http://100.100.100.200", doc = "of the ECS instance's metadata service" },
    },
    checksums = { "auto", "md5", "none" },
    checksum_doc = "so does `auto`",
    storage_class = '"IA"',
    source = "Alibaba Cloud OSS, Server-side encryption",
  }),
  check = object.check,
}
