local object = require "penstock.schema.object"

return {
  name = "oss",
  doc = "Puts events into a bucket of Alibaba Cloud OSS, by its own protocol: each batch becomes one object, closed by size, count or age. "
    .. "A retry writes the same object again, also after a restart, so nothing is there twice. The key needs oss:PutObject and oss:AbortMultipartUpload.",
  since = "0.1",
  example = 'p.sink.oss { bucket = "edge-logs", region = "cn-hangzhou", credentials = { access_key_id = "LTAI...", access_key_secret = p.secret "env:OSS_SECRET" } }',
  options = object.with_objects(object.oss_place(), {
    credentials = object.aliyun_credentials,
    checksums = { "auto", "md5", "none" },
    checksum_doc = "so does `auto`",
    storage_class = '"IA"',
    source = "Alibaba Cloud OSS, Server-side encryption",
  }),
  check = object.check,
}
