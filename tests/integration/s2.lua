local p = require "penstock"
p.pipeline "x" { p.source.file { path = "small.ndjson", format = "json", follow=false }, p.sink.file {path="out/o.ndjson"} }
