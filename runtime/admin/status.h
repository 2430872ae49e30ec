// The status of a process as JSON, for people's tools: what /api/v1/pipelines and /readyz answer.
#pragma once
#include <string>
#include <vector>

#include "runtime/admin/snapshot.h"

namespace penstock::admin {

// {"pipelines": [{"name", "state", "failure", "where", "workers", "events": {every term of the equation},
//   "sources": [{"name", "type", "where", "description", "class"}], "stages": [{"name", "in", "out", "lua_seconds"}],
//   "sinks": [{"name", "type", "where", "description", "class", "state", "last_failure", "events", "delivered", ...}]}]}
std::string pipelines_json(const Snapshot& snapshot);

// Why the process does not do all that it was told to; empty: it does.
std::vector<std::string> why_not_ready(const Snapshot& snapshot);

// {"ready": false, "reasons": ["pipeline a: starting"]}
std::string readiness_json(const std::vector<std::string>& reasons);

}  // namespace penstock::admin
