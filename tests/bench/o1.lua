-- O1: lines through to objects of an S3 store, unparsed and not compressed. Bodies are not signed, as over TLS, and as curl sends them.
local p = require "penstock"

p.pipeline "o1" {
  p.source.file { path = p.param "input", format = "lines", follow = false },
  p.sink.s3 { bucket = "logs", endpoint = p.param "url", region = "eu-west-1", format = "raw", compression = "none", sign_body = false, checksum = "none" },
}
