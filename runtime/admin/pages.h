// What the process answers to those who ask it by HTTP: which page, and to whom.
//
//   GET /metrics            Prometheus text (metrics.h)
//   GET /healthz            200 while every worker's loop answers; else 503, and the process is better started again
//   GET /readyz             200 while every pipeline does its work; else 503 with the reasons
//   GET /api/v1/pipelines   the pipelines as JSON (status.h)
//
// Everything else is 404, another method 405; with a token, whoever does not send it as `Authorization: Bearer TOKEN` (RFC 6750)
// gets 401. Errors are JSON: {"error": "..."}.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/admin/snapshot.h"
#include "runtime/base/value.h"

namespace penstock::admin {

// A worker that has not answered for this long counts as lost: longer than a script's function may take for a batch.
inline constexpr std::chrono::milliseconds silence_max{10'000};

struct Ask {
  std::string_view method;
  std::string_view path;
  std::optional<std::string_view> authorization;  // the header
};

struct Page {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};
};

// Asks for a snapshot only where it is needed.
Page page(const Ask& ask, const std::optional<Secret>& token, const std::function<Snapshot()>& snapshot);

}  // namespace penstock::admin
