local object = require "penstock.schema.object"

return {
  name = "s3",
  doc = "Reads the objects of a bucket of AWS S3, or of a store that speaks its protocol, each once, and new ones as they come; from where it stopped. "
    .. "gzip, zlib, zstd, snappy and lz4 are told by themselves. Objects may appear anywhere among the keys. The key needs s3:ListBucket and s3:GetObject. "
    .. "Requester Pays buckets are not read.",
  since = "0.1",
  example = 'p.source.s3 { bucket = "edge-logs", region = "eu-west-1", prefix = "logs/edge/", format = "json" }',
  options = object.with_source(object.s3_place(), object.aws_credentials),
  check = object.check_source,
}
