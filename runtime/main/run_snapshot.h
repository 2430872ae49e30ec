// What the pipelines and workers of a run say about themselves, for the pages of --admin.
#pragma once
#include "runtime/admin/snapshot.h"
#include "runtime/main/heartbeat.h"
#include "runtime/main/pipeline_set.h"

namespace penstock {

admin::PipelineStatus status_of(const PipelineSlot& slot, bool ending);
std::vector<admin::WorkerStatus> status_of(const Workers& workers, const Heartbeat& heartbeat);

}  // namespace penstock
