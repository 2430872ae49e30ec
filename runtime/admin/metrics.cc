#include "runtime/admin/metrics.h"

#include <map>

#include "runtime/admin/exposition.h"

namespace penstock::admin {

namespace {

constexpr const char* counter = "counter";
constexpr const char* gauge = "gauge";

double seconds(std::chrono::milliseconds time) { return static_cast<double>(time.count()) / 1e3; }

void add_process(const ProcessStatus& process, Exposition& out) {
  out.metric("penstock_build_info", gauge, "What is running; always 1.");
  out.sample({{"version", process.version}, {"compiler", process.compiler}}, std::uint64_t{1});
  out.metric("penstock_uptime_seconds", gauge, "Since the process began.");
  out.sample({}, seconds(process.uptime));
  out.metric("process_start_time_seconds", gauge, "When the process began, since the Unix epoch.");
  out.sample({}, seconds(std::chrono::duration_cast<std::chrono::milliseconds>(process.started.time_since_epoch())));
  out.metric("process_cpu_seconds_total", counter, "Processor time, user and system.");
  out.sample({}, seconds(process.cpu_time));
  out.metric("process_resident_memory_bytes", gauge, "Resident memory.");
  out.sample({}, process.resident_bytes);
  out.metric("process_open_fds", gauge, "Open file descriptors.");
  out.sample({}, process.open_files);
  out.metric("process_max_fds", gauge, "File descriptors that may be open.");
  out.sample({}, process.open_files_max);
  out.metric("penstock_reloads_total", counter, "Reloads: applied; refused, for the script was wrong; failed in part.");
  out.sample({{"result", "applied"}}, process.reloads_applied);
  out.sample({{"result", "refused"}}, process.reloads_refused);
  out.sample({{"result", "failed"}}, process.reloads_failed);
  if (!process.checkpoint_age) return;
  out.metric("penstock_checkpoint_age_seconds", gauge, "Since checkpoints were last committed to the state directory.");
  out.sample({}, seconds(*process.checkpoint_age));
}

void add_workers(const ProcessStatus& process, Exposition& out) {
  out.metric("penstock_worker_lua_memory_bytes", gauge, "What a worker's Lua states hold.");
  for (std::size_t i = 0; i < process.workers.size(); ++i) out.sample({{"worker", std::to_string(i)}}, process.workers[i].lua_bytes);
  out.metric("penstock_worker_silence_seconds", gauge, "How long a worker's loop has not answered.");
  for (std::size_t i = 0; i < process.workers.size(); ++i) out.sample({{"worker", std::to_string(i)}}, seconds(process.workers[i].silence));
}

// ---- Pipelines ----

struct TotalsRow {
  const char* name;
  const char* type;
  const char* help;
  std::uint64_t Totals::*value;
};

constexpr TotalsRow totals_rows[] = {
    {"penstock_pipeline_read_events_total", counter, "Events that sources read, broken ones too.", &Totals::read},
    {"penstock_pipeline_read_bytes_total", counter, "Bytes that sources read, decompressed.", &Totals::bytes},
    {"penstock_pipeline_recovered_events_total", counter, "Events found in spools at the start.", &Totals::recovered},
    {"penstock_pipeline_born_events_total", counter, "Events that transforms made beyond those they replaced.", &Totals::born},
    {"penstock_pipeline_matched_events_total", counter, "Events that reached the sinks.", &Totals::matched},
    {"penstock_pipeline_filtered_events_total", counter, "Events that filters took out.", &Totals::filtered},
    {"penstock_pipeline_sampled_out_events_total", counter, "Events that sampling took out.", &Totals::sampled_out},
    {"penstock_pipeline_delivered_events_total", counter, "Events that every sink delivered.", &Totals::delivered},
    {"penstock_pipeline_spooled_events", gauge, "Events safe on disk that wait for their destination.", &Totals::spooled},
    {"penstock_pipeline_dropped_events_total", counter, "Events given up because the script says so.", &Totals::dropped},
    {"penstock_pipeline_dead_lettered_events_total", counter, "Events in the dead letter.", &Totals::dead_lettered},
    {"penstock_pipeline_rewound_events_total", counter, "Events taken back with their transaction, to be read again.", &Totals::rewound},
    {"penstock_pipeline_undelivered_events_total", counter, "Events left to their source to be read or sent again.", &Totals::undelivered},
    {"penstock_pipeline_lost_bytes_total", counter, "Bytes lost before they were read.", &Totals::bytes_lost},
    {"penstock_pipeline_troubles_total", counter, "Other reports that make the exit status 1.", &Totals::troubles},
};

void add_pipelines(const Snapshot& snapshot, Exposition& out) {
  for (const TotalsRow& row : totals_rows) {
    out.metric(row.name, row.type, row.help);
    for (const PipelineStatus& pipeline : snapshot.pipelines) out.sample({{"pipeline", pipeline.name}}, pipeline.totals.*row.value);
  }
  out.metric("penstock_pipeline_in_flight_events", gauge, "Events between source and verdict.");
  for (const PipelineStatus& pipeline : snapshot.pipelines) out.sample({{"pipeline", pipeline.name}}, pipeline.in_flight);
  out.metric("penstock_pipeline_unaccounted_events", gauge, "What the equation of events is off by: anything but 0 is a bug.");
  for (const PipelineStatus& pipeline : snapshot.pipelines) out.sample({{"pipeline", pipeline.name}}, pipeline.unaccounted);
  out.metric("penstock_pipeline_workers", gauge, "Workers that the pipeline runs on.");
  for (const PipelineStatus& pipeline : snapshot.pipelines) out.sample({{"pipeline", pipeline.name}}, static_cast<std::int64_t>(pipeline.workers));
  out.metric("penstock_pipeline_state", gauge, "1 for the state that the pipeline is in.");
  for (const PipelineStatus& pipeline : snapshot.pipelines)
    for (int state = 0; state <= static_cast<int>(PipelineState::removed); ++state)
      out.sample({{"pipeline", pipeline.name}, {"state", name_of(static_cast<PipelineState>(state))}}, std::uint64_t{static_cast<int>(pipeline.state) == state});
}

// ---- Stages ----

template <class Call>
void for_each_stage(const Snapshot& snapshot, Call&& call) {
  for (const PipelineStatus& pipeline : snapshot.pipelines)
    for (const StageStatus& stage : pipeline.stages) call(stage, Labels{{"pipeline", pipeline.name}, {"stage", stage.name}});
}

void add_stages(const Snapshot& snapshot, Exposition& out) {
  out.metric("penstock_stage_in_events_total", counter, "Events that a stage was given.");
  for_each_stage(snapshot, [&](const StageStatus& stage, const Labels& labels) { out.sample(labels, stage.in); });
  out.metric("penstock_stage_out_events_total", counter, "Events that a stage passed on, those that it made included.");
  for_each_stage(snapshot, [&](const StageStatus& stage, const Labels& labels) { out.sample(labels, stage.out); });
  out.metric("penstock_stage_lua_seconds_total", counter, "Time in stages that enter Lua.");
  for_each_stage(snapshot, [&](const StageStatus& stage, const Labels& labels) {
    if (stage.enters_lua) out.sample(labels, static_cast<double>(stage.time_ns) / 1e9);
  });
}

// ---- Sinks ----

struct SinkRow {
  const char* name;
  const char* type;
  const char* help;
  std::uint64_t SinkStatus::*value;
};

constexpr SinkRow sink_rows[] = {
    {"penstock_sink_events_total", counter, "Events that a sink was given.", &SinkStatus::events},
    {"penstock_sink_recovered_events_total", counter, "Events found in the spool at the start.", &SinkStatus::recovered},
    {"penstock_sink_delivered_events_total", counter, "Events that the destination took.", &SinkStatus::delivered},
    {"penstock_sink_dead_lettered_events_total", counter, "Events that the destination refused, now in the dead letter.", &SinkStatus::dead_lettered},
    {"penstock_sink_dropped_events_total", counter, "Events given up because the script says so.", &SinkStatus::dropped},
    {"penstock_sink_rewound_events_total", counter, "Events taken back with their transaction.", &SinkStatus::rewound},
    {"penstock_sink_undelivered_events_total", counter, "Events left to the source.", &SinkStatus::undelivered},
    {"penstock_sink_queued_events", gauge, "Events in memory, on their way included.", &SinkStatus::queued_events},
    {"penstock_sink_queued_bytes", gauge, "Memory of the queue.", &SinkStatus::queued_bytes},
    {"penstock_sink_spooled_events", gauge, "Events in the spool.", &SinkStatus::spooled_events},
    {"penstock_sink_spooled_bytes", gauge, "Size of the spool.", &SinkStatus::spooled_bytes},
    {"penstock_sink_spooled_files", gauge, "Files of the spool.", &SinkStatus::spooled_files},
    {"penstock_sink_spool_damaged_files_total", counter, "Damaged files of the spool that were set aside.", &SinkStatus::damaged_files},
    {"penstock_sink_lost_events_total", counter, "Events of damaged files, as far as known.", &SinkStatus::lost_events},
    {"penstock_sink_batches_total", counter, "Batches delivered.", &SinkStatus::packages},
    {"penstock_sink_plain_bytes_total", counter, "Bytes delivered, before compression.", &SinkStatus::plain_bytes},
    {"penstock_sink_sent_bytes_total", counter, "Bytes delivered, as sent or written.", &SinkStatus::wire_bytes},
    {"penstock_sink_attempts_total", counter, "Requests made; those beyond batches and failures of data are retries.", &SinkStatus::attempts},
    {"penstock_sink_split_batches_total", counter, "Batches that were halved.", &SinkStatus::splits},
    {"penstock_sink_in_flight_requests", gauge, "Requests that wait for their answer.", &SinkStatus::in_flight},
    {"penstock_sink_concurrency_limit", gauge, "Requests that may be in flight now.", &SinkStatus::concurrency},
};

struct DistributionRow {
  const char* name;
  const char* help;
  Distribution SinkStatus::*value;
  std::size_t first, last, step;  // buckets that are shown: always the same ones
  double unit;                    // of a base unit
};

constexpr DistributionRow distribution_rows[] = {
    {"penstock_sink_batch_events", "Events of a batch.", &SinkStatus::package_events, 0, 20, 2, 1},
    {"penstock_sink_batch_bytes", "Bytes of a batch as sent.", &SinkStatus::package_bytes, 8, 28, 2, 1},
    {"penstock_sink_request_duration_seconds", "Time of requests that succeeded.", &SinkStatus::latency_us, 7, 27, 1, 1e-6},
    {"penstock_sink_delivery_duration_seconds", "From a batch's oldest event to its delivery.", &SinkStatus::delivery_us, 10, 32, 1, 1e-6},
    {"penstock_sink_spool_write_duration_seconds", "Write, fsync and rename of a file of the spool.", &SinkStatus::spool_write_us, 7, 25, 1, 1e-6},
};

template <class Call>
void for_each_sink(const Snapshot& snapshot, Call&& call) {
  for (const PipelineStatus& pipeline : snapshot.pipelines)
    for (const SinkStatus& sink : pipeline.sinks) call(sink, Labels{{"pipeline", pipeline.name}, {"sink", sink.name}});
}

Labels with(Labels labels, std::string_view name, std::string_view value) {
  labels.emplace_back(name, value);
  return labels;
}

void add_distribution(const DistributionRow& row, const Distribution& values, const Labels& labels, Exposition& out) {
  std::uint64_t below = 0;
  std::size_t bucket = 0;
  for (std::size_t shown = row.first; shown <= row.last; shown += row.step) {
    for (; bucket <= shown; ++bucket) below += values.counts[bucket];
    out.sample(with(labels, "le", number_text(static_cast<double>(Histogram::bound(shown)) * row.unit)), below, "_bucket");
  }
  out.sample(with(labels, "le", "+Inf"), values.count(), "_bucket");
  out.sample(labels, static_cast<double>(values.sum) * row.unit, "_sum");
  out.sample(labels, values.count(), "_count");
}

void add_sinks(const Snapshot& snapshot, Exposition& out) {
  for (const SinkRow& row : sink_rows) {
    out.metric(row.name, row.type, row.help);
    for_each_sink(snapshot, [&](const SinkStatus& sink, const Labels& labels) { out.sample(labels, sink.*row.value); });
  }
  out.metric("penstock_sink_failures_total", counter, "Requests that failed, by what the failure means.");
  for_each_sink(snapshot, [&](const SinkStatus& sink, const Labels& labels) {
    out.sample(with(labels, "kind", "transient"), sink.transient_failures);
    out.sample(with(labels, "kind", "configuration"), sink.configuration_failures);
    out.sample(with(labels, "kind", "data"), sink.data_failures);
  });
  out.metric("penstock_sink_state", gauge, "1 for the state that the sink is in.");
  for_each_sink(snapshot, [&](const SinkStatus& sink, const Labels& labels) {
    for (const SinkState state : {SinkState::ok, SinkState::retrying, SinkState::paused})
      out.sample(with(labels, "state", name_of(state)), std::uint64_t{sink.state == state});
  });
  for (const DistributionRow& row : distribution_rows) {
    out.metric(row.name, "histogram", row.help);
    for_each_sink(snapshot, [&](const SinkStatus& sink, const Labels& labels) { add_distribution(row, sink.*row.value, labels, out); });
  }
}

// ---- What components have of their own ----

// Samples of one metric stand together, in the order in which the metrics are first met.
class OwnRows {
 public:
  void add(const Labels& whose, const std::vector<OwnStatus>& own) {
    for (const OwnStatus& status : own)
      for (const OwnMetric& metric : status.metrics) add(whose, status.worker, metric);
  }
  void write(Exposition& out) const {
    for (const Row& row : rows_) {
      out.metric(row.first->name, row.first->type == OwnMetric::Type::counter ? counter : gauge, row.first->help);
      for (const auto& [whose, worker, metric] : row.samples) {
        Labels labels = whose;
        labels.emplace_back("worker", worker);
        labels.insert(labels.end(), metric->labels.begin(), metric->labels.end());
        out.sample(labels, metric->value);
      }
    }
  }

 private:
  struct Sample {
    Labels whose;
    std::string worker;
    const OwnMetric* metric;
  };
  struct Row {
    const OwnMetric* first;
    std::vector<Sample> samples;
  };

  void add(const Labels& whose, int worker, const OwnMetric& metric) {
    const auto [known, is_new] = places_.emplace(metric.name, rows_.size());
    if (is_new) rows_.push_back({&metric, {}});
    rows_[known->second].samples.push_back({whose, std::to_string(worker), &metric});
  }

  std::vector<Row> rows_;
  std::map<std::string_view, std::size_t> places_;
};

void add_own(const Snapshot& snapshot, Exposition& out) {
  OwnRows rows;
  for (const PipelineStatus& pipeline : snapshot.pipelines) {
    for (const SourceStatus& source : pipeline.sources) rows.add({{"pipeline", pipeline.name}, {"source", source.name}}, source.own);
    for (const SinkStatus& sink : pipeline.sinks) rows.add({{"pipeline", pipeline.name}, {"sink", sink.name}}, sink.own);
  }
  rows.write(out);
}

}  // namespace

std::string metrics_text(const Snapshot& snapshot) {
  Exposition out;
  add_process(snapshot.process, out);
  add_workers(snapshot.process, out);
  add_pipelines(snapshot, out);
  add_stages(snapshot, out);
  add_sinks(snapshot, out);
  add_own(snapshot, out);
  return out.take();
}

}  // namespace penstock::admin
