return {
  name = "test",
  doc = "A test case for `penstock test`: runs a pipeline's stages on events and compares what comes out. Nothing is read or sent.",
  since = "0.1",
  example = 'p.test "keeps errors" {\n  pipeline = "edge-errors",\n  input = { { status = 200 }, \'{"status":503}\' },\n  output = { { status = 503 } },\n}',
  options = {
    { "pipeline", type = "string", doc = "the pipeline's name; may be left out when the script has one pipeline only" },
    { "input", type = "list", required = true, doc = "events in: tables, or raw lines as the source would read them" },
    { "output", type = "list", required = true, doc = "events expected out, in order: tables, or raw lines" },
  },
}
