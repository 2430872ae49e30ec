local object = require "penstock.schema.object"

return {
  name = "s3",
  doc = "Puts events into a bucket of AWS S3, or of a store that speaks its protocol: each batch becomes one object, closed by size, count or age. "
    .. "A retry writes the same object again, also after a restart, so nothing is there twice. Large objects go in parts; they appear whole or not at all, and "
    .. "what a crash left unfinished is aborted at the next start (with --state). The key may need s3:PutObject and s3:AbortMultipartUpload. "
    .. "Requester Pays buckets are not written to.",
  since = "0.1",
  example = 'p.sink.s3 { bucket = "edge-logs", region = "eu-west-1", prefix = "logs/edge", encryption = { type = "AES256" } }',
  options = object.with_objects(object.s3_place {
    { "verify_ownership", type = "boolean", default = false,
      doc = "send nothing before somebody proved to own the bucket: `penstock destination verify` writes a token there, and takes it back. "
        .. "Until then the sink is paused and loses nothing; another endpoint, bucket or directory is to be verified anew" },
    { "sign_body", type = "boolean", doc = "put the body's SHA-256 into the signature; default: only without TLS, where a checksum alone would protect nobody" },
  }, {
    credentials = object.aws_credentials,
    checksums = { "auto", "md5", "crc32c", "none" },
    checksum_doc = "`crc32c` sends x-amz-checksum-crc32c, which AWS and newer stores know, at next to no cost; `auto`: none beside the SHA-256 of a signed body, "
      .. "else crc32c to AWS and md5 to other stores (a bucket with Object Lock at another store over http: set `md5`)",
    storage_class = '"STANDARD_IA"',
    source = "Amazon S3 user guide, Protecting data with server-side encryption",
  }),
  check = object.check,
}
