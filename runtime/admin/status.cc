#include "runtime/admin/status.h"

#include "runtime/base/value.h"
#include "runtime/event/value_json.h"

namespace penstock::admin {

namespace {

Value count(std::uint64_t value) { return Value(static_cast<std::int64_t>(value)); }

Value text_or_null(const std::string& text) { return text.empty() ? Value(JsonNull{}) : Value(text); }

Value events_of(const PipelineStatus& pipeline) {
  const Totals& totals = pipeline.totals;
  return ValueMap{{"read", count(totals.read)},
                  {"read_bytes", count(totals.bytes)},
                  {"recovered", count(totals.recovered)},
                  {"born", count(totals.born)},
                  {"matched", count(totals.matched)},
                  {"filtered", count(totals.filtered)},
                  {"sampled_out", count(totals.sampled_out)},
                  {"delivered", count(totals.delivered)},
                  {"spooled", count(totals.spooled)},
                  {"dropped", count(totals.dropped)},
                  {"dead_lettered", count(totals.dead_lettered)},
                  {"rewound", count(totals.rewound)},
                  {"undelivered", count(totals.undelivered)},
                  {"in_flight", count(pipeline.in_flight)},
                  {"unaccounted", Value(pipeline.unaccounted)},
                  {"lost_bytes", count(totals.bytes_lost)},
                  {"troubles", count(totals.troubles)}};
}

Value to_value(const SourceStatus& source) {
  return ValueMap{{"name", source.name}, {"type", source.type}, {"where", source.place}, {"description", source.description}, {"class", source.delivery_class}};
}

Value to_value(const StageStatus& stage) {
  ValueMap out{{"name", stage.name}, {"in", count(stage.in)}, {"out", count(stage.out)}};
  if (stage.enters_lua) out["lua_seconds"] = static_cast<double>(stage.time_ns) / 1e9;
  return out;
}

Value to_value(const SinkStatus& sink) {
  return ValueMap{{"name", sink.name},
                  {"type", sink.type},
                  {"where", sink.place},
                  {"description", sink.description},
                  {"class", sink.delivery_class},
                  {"state", name_of(sink.state)},
                  {"last_failure", text_or_null(sink.last_failure)},
                  {"events", count(sink.events)},
                  {"delivered", count(sink.delivered)},
                  {"dead_lettered", count(sink.dead_lettered)},
                  {"dropped", count(sink.dropped)},
                  {"rewound", count(sink.rewound)},
                  {"undelivered", count(sink.undelivered)},
                  {"queued_events", count(sink.queued_events)},
                  {"queued_bytes", count(sink.queued_bytes)},
                  {"spooled_events", count(sink.spooled_events)},
                  {"spooled_bytes", count(sink.spooled_bytes)},
                  {"batches", count(sink.packages)},
                  {"sent_bytes", count(sink.wire_bytes)},
                  {"attempts", count(sink.attempts)},
                  {"in_flight_requests", count(sink.in_flight)}};
}

Value to_value(const PipelineStatus& pipeline);

template <class Row>
Value to_list(const std::vector<Row>& rows) {
  ValueList out;
  for (const Row& row : rows) out.push_back(to_value(row));
  return out;
}

Value to_value(const PipelineStatus& pipeline) {
  return ValueMap{{"name", pipeline.name},
                  {"state", name_of(pipeline.state)},
                  {"failure", text_or_null(pipeline.failure)},
                  {"where", pipeline.place},
                  {"workers", Value(pipeline.workers)},
                  {"events", events_of(pipeline)},
                  {"sources", to_list(pipeline.sources)},
                  {"stages", to_list(pipeline.stages)},
                  {"sinks", to_list(pipeline.sinks)}};
}

}  // namespace

std::string pipelines_json(const Snapshot& snapshot) { return json_of_value(ValueMap{{"pipelines", to_list(snapshot.pipelines)}}) + "\n"; }

std::vector<std::string> why_not_ready(const Snapshot& snapshot) {
  std::vector<std::string> reasons;
  for (const PipelineStatus& pipeline : snapshot.pipelines) {
    const bool well = pipeline.state == PipelineState::running || pipeline.state == PipelineState::replacing ||
                      pipeline.state == PipelineState::finished || pipeline.state == PipelineState::removed;
    if (!well) reasons.push_back("pipeline " + pipeline.name + ": " + name_of(pipeline.state) + (pipeline.failure.empty() ? "" : ": " + pipeline.failure));
  }
  return reasons;
}

std::string readiness_json(const std::vector<std::string>& reasons) {
  ValueList list;
  for (const std::string& reason : reasons) list.push_back(reason);
  return json_of_value(ValueMap{{"ready", reasons.empty()}, {"reasons", std::move(list)}}) + "\n";
}

}  // namespace penstock::admin
