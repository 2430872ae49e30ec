return {
  name = "pipeline",
  doc = "Declares a pipeline: sources, then stages, then sinks, in order; several sinks each get every event. "
    .. "Names are unique in a script; the named part of the table is the pipeline's options.",
  since = "0.1",
  options = {
    { "workers", type = "integer", min = 1, max = 1024, doc = "threads that share the sources' streams; default: as many as cores, or `--workers`" },
    { "delivery", type = "string", values = { "at_least_once", "exactly_once" }, default = "at_least_once",
      doc = "`exactly_once`: from p.source.kafka to p.sink.kafka in one cluster, in transactions, for consumers that read committed messages; "
        .. "`at_least_once`: after a crash, what was under way comes twice" },
    { "ordered", type = "boolean", default = true,
      doc = "events of one stream stay in order; false: a large file may be split over workers" },
    { "on_error", type = "string", values = { "dead_letter", "drop" }, default = "dead_letter",
      doc = "what becomes of an event that a stage fails on; `drop` counts it and forgets it" },
    { "dead_letter", type = { "boolean", "table" }, default = true,
      doc = "keep dead letters in the state directory; a table sets bounds", options = {
      { "max_bytes", as = "max_bytes", type = "bytes", default = "64MiB", min = "64KiB", doc = "a dead letter file's size before the next one is begun" },
      { "files", type = "integer", default = 4, min = 1, max = 1000, doc = "files kept; the oldest goes first" },
    } },
    { "script_time", type = "duration", default = "2s", min = "10ms", max = "1h",
      doc = "how long Lua may take for one batch before it is stopped" },
    { "script_memory", type = "bytes", default = "128MiB", min = "4MiB", max = "16GiB", doc = "what a worker's Lua state may use" },
  },
}
