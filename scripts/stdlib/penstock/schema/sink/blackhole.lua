return {
  name = "blackhole",
  doc = "Takes events and does nothing with them, for measurements.",
  since = "0.1",
  example = "p.sink.blackhole {}",
  options = {
    { "encode", type = "boolean", default = false, doc = "encode the events all the same" },
  },
}
