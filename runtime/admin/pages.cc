#include "runtime/admin/pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "runtime/admin/metrics.h"
#include "runtime/admin/status.h"
#include "runtime/event/value_json.h"

namespace penstock::admin {

namespace {

Page error(int status, const std::string& text) { return {status, "application/json", json_of_value(ValueMap{{"error", text}}) + "\n"}; }

// Takes as long for a wrong token as for a right one of the same length.
bool same_secret(std::string_view given, std::string_view right) {
  unsigned difference = given.size() != right.size();
  for (std::size_t i = 0; i < given.size(); ++i) difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(right[i % right.size()]);
  return difference == 0;
}

bool may_ask(const std::optional<std::string_view>& authorization, const std::optional<Secret>& token) {
  constexpr std::string_view scheme = "bearer ";
  if (!token) return true;
  if (!authorization || authorization->size() < scheme.size()) return false;
  const bool bearer = std::equal(scheme.begin(), scheme.end(), authorization->begin(), [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
  return bearer && same_secret(authorization->substr(scheme.size()), token->reveal());
}

Page health(const Snapshot& snapshot) {
  ValueList reasons;
  for (std::size_t i = 0; i < snapshot.process.workers.size(); ++i) {
    const auto silence = snapshot.process.workers[i].silence;
    if (silence > silence_max) reasons.push_back(fmt::format("worker {} has not answered for {} s", i, silence.count() / 1000));
  }
  const bool healthy = reasons.empty();
  return {healthy ? 200 : 503, "application/json", json_of_value(ValueMap{{"healthy", healthy}, {"reasons", std::move(reasons)}}) + "\n"};
}

Page readiness(const Snapshot& snapshot) {
  const std::vector<std::string> reasons = why_not_ready(snapshot);
  return {reasons.empty() ? 200 : 503, "application/json", readiness_json(reasons)};
}

Page metrics(const Snapshot& snapshot) { return {200, metrics_content_type, metrics_text(snapshot)}; }
Page pipelines(const Snapshot& snapshot) { return {200, "application/json", pipelines_json(snapshot)}; }

struct Row {
  std::string_view path;
  Page (*make)(const Snapshot&);
};

constexpr Row rows[] = {{"/metrics", metrics}, {"/healthz", health}, {"/readyz", readiness}, {"/api/v1/pipelines", pipelines}};

}  // namespace

Page page(const Ask& ask, const std::optional<Secret>& token, const std::function<Snapshot()>& snapshot) {
  if (!may_ask(ask.authorization, token)) {
    Page refused = error(401, "a bearer token is needed");
    refused.headers.emplace_back("WWW-Authenticate", "Bearer");
    return refused;
  }
  const Row* const row = std::find_if(std::begin(rows), std::end(rows), [&](const Row& each) { return each.path == ask.path; });
  if (row == std::end(rows)) return error(404, "there are /metrics, /healthz, /readyz and /api/v1/pipelines");
  if (ask.method != "GET" && ask.method != "HEAD") {
    Page refused = error(405, "only GET and HEAD");
    refused.headers.emplace_back("Allow", "GET, HEAD");
    return refused;
  }
  return row->make(snapshot());
}

}  // namespace penstock::admin
