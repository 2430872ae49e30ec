// Metrics in the text format of Prometheus, version 0.0.4
// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
//
// Names begin with penstock_, but for those that every process has by convention (process_...). Units are base units (seconds,
// bytes) and stand in the name; what only grows ends in _total. Labels: pipeline; stage and sink by their number and type
// (`0:http`); worker where it matters. The terms of the equation that has to hold for every pipeline are
//
//   read + born + recovered = delivered + spooled + filtered + sampled_out + dropped + dead_lettered + rewound + undelivered + in_flight
//
// and penstock_pipeline_unaccounted_events is what it is off by: 0, or there is a bug. A pipeline's counters go on over
// reloads; those of its stages and sinks begin again when it is replaced.
#pragma once
#include <string>

#include "runtime/admin/snapshot.h"

namespace penstock::admin {

inline constexpr const char* metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

std::string metrics_text(const Snapshot& snapshot);

}  // namespace penstock::admin
