// librdkafka's statistics as metrics.
#pragma once
#include <string_view>
#include <vector>

#include "runtime/base/own_metrics.h"
#include "runtime/base/status.h"

namespace penstock::kafka {

// How often a client tells them (property statistics.interval.ms).
inline constexpr const char* statistics_interval_ms = "5000";

// `json`: of an event RD_KAFKA_EVENT_STATS; its fields are described in librdkafka's STATISTICS.md. For each broker whether it is
// connected, its requests, errors, retries and round-trip times; for each topic the size of batches; for each partition that is
// consumed how far behind it is; and what waits in the client. At most 1,000 rows of brokers and partitions each. Code::corrupt when it is no JSON of that form.
Result<std::vector<OwnMetric>> metrics_of(std::string_view json);

}  // namespace penstock::kafka
