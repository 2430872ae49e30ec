-- The options of every sink that sends over a network: how events are put together, sent, tried again, and kept meanwhile.
local M = {}

local standard = { batch_bytes = "1MiB", linger = "500ms", concurrency = 8, memory = "64MiB" }

local function delivery_options(defaults)
  return {
    { "batch", type = "table", flatten = true, doc = "what is sent at once: a batch is closed at the first of these bounds, or after `linger`", options = {
      { "bytes", type = "bytes", as = "batch_bytes", default = defaults.batch_bytes, min = "1KiB", max = "256MiB",
        doc = "encoded bytes, before compression; one event larger than this is sent alone" },
      { "events", type = "integer", as = "batch_events", default = 0, min = 0, max = 1000000, doc = "events; 0: however many" },
    } },
    { "linger", type = "duration", default = defaults.linger, min = 0, max = "1h", doc = "how long a batch that is not full waits for more events" },
    { "concurrency", type = "integer", default = defaults.concurrency, min = 1, max = 256,
      doc = "requests in flight on each worker, at most; how many it really are adapts to the destination's latency and errors" },
    { "ordered", type = "boolean", default = false, doc = "keep the order of events: one request at a time, and none overtakes one that is tried again" },
    { "retry", type = "table", flatten = true, doc = "when a batch is sent again that failed for a while (network, HTTP 5xx, 429)", options = {
      { "min", type = "duration", as = "retry_min_ms", default = "250ms", min = "10ms", max = "1h", doc = "wait at least" },
      { "max", type = "duration", as = "retry_max_ms", default = "30s", min = "10ms", max = "1d",
        doc = "wait at most; the time doubles with each failure, and is random between `min` and that. Retry-After goes before it, up to an hour" },
      { "max_attempts", type = "integer", as = "retry_max_attempts", min = 1, max = 1000000,
        doc = "after so many tries the batch's events go to the dead letter; without it: it is tried for as long as it takes" },
    } },
    { "pause", type = "duration", default = "30s", min = "1s", max = "1d",
      doc = "time between tries after a failure that somebody has to mend (HTTP 401, 403, 404, an unknown host, a bad certificate); nothing is lost meanwhile" },
    { "on_full", type = "string", values = { "block", "spool", "drop" },
      doc = "when the buffer is full: `block` makes the sources wait, `spool` goes on on disk, `drop` drops the newest events and counts them; "
        .. "the default is `spool` with a state directory (--state), else `block`" },
    { "buffer", type = "table", flatten = true, doc = "where batches wait for the destination", options = {
      { "type", type = "string", as = "buffer_type", values = { "memory", "disk" }, default = "memory",
        doc = "`disk`: every batch is safe in the spool before it is sent (needs --state); `memory`: only those that wait because of `on_full = \"spool\"`, "
          .. "a destination in trouble, or the end of the run" },
      { "max_bytes", type = "bytes", as = "buffer_max_bytes", min = "64KiB", max = "1TiB",
        doc = "the bound: of memory on each worker (default " .. defaults.memory .. "), or with `disk` of the spool, all workers together (default 1GiB); at it, `on_full` says what happens. "
          .. "Batches that a full spool does not take wait in memory first, up to 64MiB on each worker" },
      { "spool_max_bytes", type = "bytes", as = "spool_max_bytes", min = "1MiB", max = "1TiB",
        doc = "with `memory`: the bound of the spool on disk, all workers together (default 1GiB); at it, sources wait" },
    } },
    { "name", type = "string", example = '"archive"',
      doc = "the sink's name in metrics and of its spool's directory; with one, the spool is found again when sinks are added before this one" },
  }
end

--- `options` followed by the delivery options.
---@param options table[]
---@param defaults { batch_bytes: string?, linger: string?, concurrency: integer?, memory: string? }? where they differ from the standard ones
---@return table[]
function M.with_delivery(options, defaults)
  local specs = delivery_options(setmetatable(defaults or {}, { __index = standard }))
  for _, spec in ipairs(specs) do options[#options + 1] = spec end
  return options
end

--- What concerns several of these options; to be called by the sink's own `check`.
function M.check_delivery(options, report)
  if options.retry_min_ms and options.retry_max_ms and options.retry_min_ms > options.retry_max_ms then
    report("option 'retry.min' must not be above 'retry.max'")
  end
  if options.buffer_type == "disk" and options.spool_max_bytes then
    report("option 'buffer.spool_max_bytes' belongs to type \"memory\" (hint: with \"disk\", max_bytes bounds the spool)")
  end
  if options.buffer_type == "memory" and options.spool_max_bytes and options.on_full and options.on_full ~= "spool" then
    report("option 'buffer.spool_max_bytes' belongs to on_full = \"spool\"")
  end
end

return M
