// The sinks `kafka` and `ckafka` (Kafka of Tencent Cloud). Options: scripts/stdlib/penstock/schema/sink/{kafka,ckafka}.lua.
#pragma once
#include "runtime/plan/components.h"

namespace penstock {

// Adds `kafka` and `ckafka`.
void add_kafka_sinks(Components& components);

}  // namespace penstock
