// What a process is doing, copied from its counters at one moment: what metrics and status are made of. Counters of several
// workers are added up.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/counter.h"
#include "runtime/base/own_metrics.h"
#include "runtime/pipeline/counters.h"

namespace penstock {

class PipelineRun;

namespace admin {

// A copy of Histogram.
struct Distribution {
  std::array<std::uint64_t, Histogram::buckets> counts{};
  std::uint64_t sum = 0;

  void add(const Histogram& histogram);
  std::uint64_t count() const;
};

// Numbers of a component's own, as one worker published them.
struct OwnStatus {
  int worker = 0;
  std::vector<OwnMetric> metrics;
};

struct SourceStatus {
  std::string name;         // `0:file`
  std::string type;
  std::string place;        // `edge.lua:4`
  std::string description;  // as `explain` has it
  std::string delivery_class;
  std::vector<OwnStatus> own = {};
};

struct StageStatus {
  std::string name;  // `2:filter`
  bool enters_lua = false;
  std::uint64_t in = 0, out = 0, time_ns = 0;
};

struct SinkStatus {
  std::string name;  // `0:http`
  std::string type;
  std::string place;
  std::string description;
  std::string delivery_class;
  SinkState state = SinkState::ok;  // the worst of its workers
  std::string last_failure = {};    // one worker's
  std::uint64_t events = 0, recovered = 0, delivered = 0, dead_lettered = 0, dropped = 0, rewound = 0, undelivered = 0;
  std::uint64_t queued_events = 0, queued_bytes = 0;
  std::uint64_t spooled_events = 0, spooled_bytes = 0, spooled_files = 0, damaged_files = 0, lost_events = 0;
  std::uint64_t packages = 0, plain_bytes = 0, wire_bytes = 0, attempts = 0, splits = 0;
  std::uint64_t transient_failures = 0, configuration_failures = 0, data_failures = 0;
  std::uint64_t in_flight = 0, concurrency = 0;
  Distribution package_events = {}, package_bytes = {}, latency_us = {}, delivery_us = {}, spool_write_us = {};
  std::vector<OwnStatus> own = {};
};

enum class PipelineState : std::uint8_t {
  starting,
  running,
  replacing,  // a reload is at it
  draining,
  finished,   // every source is at its end and everything is delivered
  failed,     // wanted, and could not be started: why stands in `failure`
  removed,    // the script does not declare it any more
};
const char* name_of(PipelineState state);
const char* name_of(SinkState state);

struct PipelineStatus {
  std::string name;
  std::string place;
  PipelineState state = PipelineState::starting;
  std::string failure;
  int workers = 0;
  Totals totals;                    // of all its runs since the process began
  std::uint64_t in_flight = 0;      // events between source and verdict
  std::int64_t unaccounted = 0;     // what the equation is off by, between batches: a bug unless it is 0
  std::vector<SourceStatus> sources;
  std::vector<StageStatus> stages;  // of the runs that are alive, like sinks
  std::vector<SinkStatus> sinks;

  // Adds what one worker's run counts; the first one's plan gives the rows. Totals are not its business.
  void add(const PipelineRun& run);
};

struct WorkerStatus {
  std::uint64_t lua_bytes = 0;
  std::chrono::milliseconds silence{0};  // how long it owes an answer
};

struct ProcessStatus {
  std::string version;
  std::string compiler;
  std::chrono::system_clock::time_point started;
  std::chrono::milliseconds uptime{0};
  std::uint64_t resident_bytes = 0, open_files = 0, open_files_max = 0;
  std::chrono::milliseconds cpu_time{0};
  std::vector<WorkerStatus> workers;
  std::uint64_t reloads_applied = 0, reloads_refused = 0, reloads_failed = 0;
  // Since checkpoints were committed; nothing without a state directory.
  std::optional<std::chrono::milliseconds> checkpoint_age;

  // What the operating system knows: resident_bytes, open_files, open_files_max, cpu_time.
  void ask_system();
};

struct Snapshot {
  ProcessStatus process;
  std::vector<PipelineStatus> pipelines;
};

}  // namespace admin
}  // namespace penstock
