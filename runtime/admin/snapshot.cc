#include "runtime/admin/snapshot.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <numeric>

#include "runtime/pipeline/pipeline_run.h"
#include "runtime/plan/explain.h"

namespace penstock::admin {

namespace {

void add_sinks(const Chain& chain, std::vector<SinkStatus>& to) {
  for (const SinkNode& sink : chain.sinks) to.push_back({.name = sink.name, .type = sink.type, .place = sink.where.text(), .description = sink.plan->describe(), .delivery_class = delivery_class(sink)});
  if (!chain.route) return;
  for (const BranchNode& branch : chain.route->branches) add_sinks(branch.chain, to);
}

void add_rows(const PipelineRun& run, PipelineStatus& to) {
  const PipelinePlan& plan = run.plan();
  for (const SourceNode& source : plan.sources)
    to.sources.push_back({std::to_string(source.number) + ":" + source.type, source.type, source.where.text(), source.plan->describe(), delivery_class(source)});
  for (const auto& stage : run.stage_counters()) to.stages.push_back({.name = stage->name, .enters_lua = stage->enters_lua});
  add_sinks(plan.chain, to.sinks);
}

void add_counts(const SinkCounters& from, SinkStatus& to) {
  to.state = std::max(to.state, from.state.load(std::memory_order_relaxed));
  if (const std::string failure = from.last_failure(); !failure.empty()) to.last_failure = failure;
  to.events += from.events.get();
  to.recovered += from.recovered.get();
  to.delivered += from.delivered.get();
  to.dead_lettered += from.dead_lettered.get();
  to.dropped += from.dropped.get();
  to.rewound += from.rewound.get();
  to.undelivered += from.undelivered.get();
  to.queued_events += from.queued_events.get();
  to.queued_bytes += from.queued_bytes.get();
  to.spooled_events += from.spooled_events.get();
  to.spooled_bytes += from.spooled_bytes.get();
  to.spooled_files += from.spooled_files.get();
  to.damaged_files += from.spool_damaged_files.get();
  to.lost_events += from.lost_events.get();
  to.packages += from.packages.get();
  to.plain_bytes += from.plain_bytes.get();
  to.wire_bytes += from.wire_bytes.get();
  to.attempts += from.attempts.get();
  to.splits += from.splits.get();
  to.transient_failures += from.transient_failures.get();
  to.configuration_failures += from.configuration_failures.get();
  to.data_failures += from.data_failures.get();
  to.in_flight += from.in_flight.get();
  to.concurrency += from.concurrency.get();
  to.package_events.add(from.package_events);
  to.package_bytes.add(from.package_bytes);
  to.latency_us.add(from.latency_us);
  to.delivery_us.add(from.delivery_us);
  to.spool_write_us.add(from.spool_write_us);
}

void add_own(const OwnMetrics& from, int worker, std::vector<OwnStatus>& to) {
  std::vector<OwnMetric> metrics = from.read();
  if (!metrics.empty()) to.push_back({worker, std::move(metrics)});
}

std::uint64_t entries_of(const char* directory) {
  DIR* const open = ::opendir(directory);
  if (!open) return 0;
  std::uint64_t count = 0;
  while (const dirent* entry = ::readdir(open)) count += entry->d_name[0] != '.';
  ::closedir(open);
  return count == 0 ? 0 : count - 1;  // without the one that is being read
}

// The second number of /proc/self/statm (proc(5)) is the resident pages.
std::uint64_t resident_pages() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident;
}

std::chrono::milliseconds to_milliseconds(const timeval& time) { return std::chrono::milliseconds(time.tv_sec * 1000 + time.tv_usec / 1000); }

}  // namespace

void Distribution::add(const Histogram& histogram) {
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += histogram.count(i);
  sum += histogram.sum();
}

std::uint64_t Distribution::count() const { return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}); }

const char* name_of(PipelineState state) {
  switch (state) {
    case PipelineState::starting: return "starting";
    case PipelineState::running: return "running";
    case PipelineState::replacing: return "replacing";
    case PipelineState::draining: return "draining";
    case PipelineState::finished: return "finished";
    case PipelineState::failed: return "failed";
    case PipelineState::removed: return "removed";
  }
  return "";
}

const char* name_of(SinkState state) {
  switch (state) {
    case SinkState::ok: return "ok";
    case SinkState::retrying: return "retrying";
    case SinkState::paused: return "paused";
  }
  return "";
}

void PipelineStatus::add(const PipelineRun& run) {
  if (sources.empty()) add_rows(run, *this);
  const auto& stage_counters = run.stage_counters();
  for (std::size_t i = 0; i < std::min(stages.size(), stage_counters.size()); ++i) {
    stages[i].in += stage_counters[i]->in.get();
    stages[i].out += stage_counters[i]->out.get();
    stages[i].time_ns += stage_counters[i]->time_ns.get();
  }
  const auto& sink_counters = run.sink_counters();
  for (std::size_t i = 0; i < std::min(sinks.size(), sink_counters.size()); ++i) {
    add_counts(*sink_counters[i], sinks[i]);
    add_own(sink_counters[i]->own, run.worker(), sinks[i].own);
  }
  const auto& source_metrics = run.source_metrics();
  for (std::size_t i = 0; i < std::min(sources.size(), source_metrics.size()); ++i) add_own(*source_metrics[i], run.worker(), sources[i].own);
}

void ProcessStatus::ask_system() {
  resident_bytes = resident_pages() * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  open_files = entries_of("/proc/self/fd");
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) open_files_max = limit.rlim_cur;
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) cpu_time = to_milliseconds(usage.ru_utime) + to_milliseconds(usage.ru_stime);
}

}  // namespace penstock::admin
