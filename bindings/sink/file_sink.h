// The sink `file`: events to files, plain or compressed, rotated by size, time and date.
//
//   path                 a PathTemplate (path_template.h): {yyyy} {MM} {dd} {HH} {mm} in UTC, {pipeline} {host} {worker}. Missing
//                        directories are made. When the date moves on, the old file is closed and a new one begun.
//   format               ("ndjson") ndjson, json_array, csv, raw, logfmt, with the format's options beside it
//   compression          ("none") none, gzip, zlib, snappy, zstd, lz4
//   compression_level    see compressor.h
//   rotate_bytes         (0: never) the file is rotated before it grows beyond this, counted on disk; a file has at least a chunk
//   rotate_interval_ms   (0: never) after this time since it was opened, unless nothing was written
//   batch_bytes          (1 MiB, at most 256 MiB and rotate_bytes) how much is encoded before it is compressed and written
//   linger_ms            (1000) how long events wait for that, at most
//   fsync                ("auto") true, false, or auto: before events are acked, when somebody relies on the ack
//   mode                 ("0644") permissions of new files, in octal, less the umask
//
// The file that is written has the name `path`; a rotated one becomes `<stem>-<UTC time>-<number><extension>`, where nothing is
// ever replaced: /var/out/a.ndjson.gz gives /var/out/a-20261121T100000.000Z-001.ndjson.gz. What is at `path` at the start is
// gone on with, after what a crash tore off an entry is cut away (output_tail.h); a zlib file, which has one stream, is renamed
// like a rotated one instead. Several workers and pipelines may write to one path if their options agree; other processes may
// not. When others (logrotate) move the file away, a new one is begun. Devices and FIFOs are written to, and nothing else.
//
// A chunk is whole entries and is in the file whole or not at all. When it cannot be written it is kept and tried again,
// after 100 ms, doubling to 10 s, and ready() is false meanwhile, for as long as it takes; one that is ended says what was not
// delivered. A failed fsync ends the sink at once: what it covered may be lost, so it is never acked.
//
// Memory: batch_bytes and one batch for each worker, the same again with compression. One open file for each worker.
#pragma once
#include "bindings/sink/output_registry.h"
#include "runtime/plan/components.h"

namespace penstock {

// `outputs` outlives the plan and its sinks.
Result<std::unique_ptr<SinkPlan>> make_file_sink(const Value& options, const PlanContext& context,
                                                 OutputRegistry& outputs = process_outputs());

}  // namespace penstock
