return {
  name = "sample",
  doc = "Keeps a share of the events; with `key`, events of one key stay or go together.",
  since = "0.1",
  example = 'p.sample { rate = 0.1, key = "ClientIP" }',
  usage = "a rate above 0 and up to 1, or { rate = ... }",
  short = { option = "rate" },
  options = {
    { "rate", type = "number", required = true, above = 0, max = 1, example = "0.1", doc = "the share that stays" },
    { "key", type = "string", doc = "path of a field: its value decides, so events with the same value stay or go together" },
    { "seed", type = "integer", min = 0, doc = "the same seed makes the same choice again" },
    { "add_rate", type = "string", example = '"sample_rate"', doc = "field that the rate is written to, so that counts can be scaled back; a rate that is there already is multiplied" },
  },
}
