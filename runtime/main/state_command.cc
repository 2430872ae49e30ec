#include "runtime/main/state_command.h"

#include <fmt/format.h>

#include "runtime/base/clock.h"
#include "runtime/delivery/state_database.h"

namespace penstock {

namespace {

int fail(const Status& status) {
  fmt::print(stderr, "penstock: {}\n", status.text());
  return 1;
}

}  // namespace

int state_list(const std::string& state_directory) {
  const Result<std::vector<CheckpointRow>> rows = list_state(state_directory);
  if (!rows.ok()) return fail(rows.status());
  for (const CheckpointRow& row : rows.value())
    fmt::print("{}  {}  {}  position {}  at {}\n", row.checkpoint.pipeline, row.checkpoint.source, row.checkpoint.name, row.checkpoint.position,
               format_utc(row.updated));
  if (rows.value().empty()) fmt::print("no checkpoints in {}\n", state_directory);
  return 0;
}

int state_check(const std::string& state_directory) {
  const Result<StateReport> report = check_state(state_directory);
  if (!report.ok()) return fail(report.status());
  for (const std::string& problem : report.value().problems) fmt::print("problem: {}\n", problem);
  for (const std::string& path : report.value().set_aside) fmt::print("set aside earlier: {}\n", path);
  if (!report.value().problems.empty()) return 1;
  fmt::print("sound: {} checkpoint{}\n", report.value().checkpoints, report.value().checkpoints == 1 ? "" : "s");
  return 0;
}

}  // namespace penstock
