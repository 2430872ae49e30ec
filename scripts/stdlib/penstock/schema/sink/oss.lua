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
      { "access_key_id", type = "text", doc = "the key pair's id; default: OSS_ACCESS_KEY_ID or ALIBABA_CLOUD_ACCESS_KEY_ID of the environment" },
      { "access_key_secret", type = "secret", example = 'p.secret "env:OSS_SECRET"', doc = "the key pair's secret" },
      { "security_token", type = "secret", doc = "of temporary keys" },
    },
    storage_class = '"IA"',
    source = "Alibaba Cloud OSS, Server-side encryption",
  }),
  check = object.check,
}
