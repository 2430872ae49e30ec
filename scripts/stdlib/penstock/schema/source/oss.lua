local object = require "penstock.schema.object"

return {
  name = "oss",
  doc = "Reads the objects of a bucket of Alibaba Cloud OSS, by its own protocol, each once, and new ones as they come; from where it stopped. "
    .. "gzip, zlib, zstd, snappy and lz4 are told by themselves. Objects may appear anywhere among the keys. The key needs oss:ListObjects and oss:GetObject.",
  since = "0.1",
  example = 'p.source.oss { bucket = "edge-logs", region = "cn-hangzhou", prefix = "logs/", credentials = { access_key_id = "LTAI...", access_key_secret = p.secret "env:OSS_SECRET" } }',
  options = object.with_source(object.oss_place(), object.aliyun_credentials),
  check = object.check_source,
}
