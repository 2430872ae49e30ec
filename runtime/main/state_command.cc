#include "runtime/main/state_command.h"

#include <fmt/format.h>

#include "runtime/base/clock.h"
#include "runtime/base/units.h"
#include "runtime/delivery/dead_letter_reader.h"
#include "runtime/delivery/ownership.h"
#include "runtime/delivery/spool_inventory.h"
#include "runtime/delivery/state_database.h"

namespace penstock {

namespace {

int fail(const Status& status) {
  fmt::print(stderr, "penstock: {}\n", status.text());
  return 1;
}

const char* plural(std::uint64_t count) { return count == 1 ? "" : "s"; }

void print_spool(const SpoolSummary& spool) {
  fmt::print("{}  {}  spool: {} event{} in {} file{}, {}", spool.pipeline, spool.sink, spool.events, plural(spool.events), spool.files, plural(spool.files),
             human_bytes(spool.bytes));
  if (!spool.damaged.empty()) fmt::print("; {} damaged file{} set aside", spool.damaged.size(), plural(spool.damaged.size()));
  fmt::print("\n");
}

void print_destination(const OwnershipRow& row) {
  if (row.verified) return fmt::print("{}  verified at {}\n", row.name, format_utc(*row.verified));
  fmt::print("{}  not verified: a token was made at {}, {} wrong tries\n", row.name, format_utc(row.issued), row.wrong_tries);
}

// A directory in which nothing was ever checkpointed may hold spools and dead letters all the same.
bool only_without_checkpoints(const Status& status, const std::vector<SpoolSummary>& spools, const std::string& state_directory) {
  return status.code() == Code::not_found && !(spools.empty() && pipelines_with_dead_letters(state_directory).empty());
}

struct LettersReport {
  std::uint64_t letters = 0;
  std::vector<std::string> broken;  // lines that are no letters; a process that was killed may leave one: no problem
  std::vector<std::string> problems;
};

LettersReport check_letters(const std::string& state_directory) {
  LettersReport report;
  for (const std::string& pipeline : pipelines_with_dead_letters(state_directory)) {
    DeadLetterReader reader(state_directory, pipeline);
    Result<std::optional<StoredLetter>> letter = reader.next();
    for (; letter.ok() && letter.value(); letter = reader.next()) ++report.letters;
    if (!letter.ok()) report.problems.push_back(fmt::format("dead letters of {}: {}", pipeline, letter.status().text()));
    const std::uint64_t broken = reader.broken_lines();
    if (broken != 0) report.broken.push_back(fmt::format("dead letters of {}: {} line{} that {} no letter", pipeline, broken, plural(broken), broken == 1 ? "is" : "are"));
  }
  return report;
}

}  // namespace

int state_list(const std::string& state_directory) {
  const std::vector<SpoolSummary> spools = list_spools(state_directory);
  const Result<std::vector<CheckpointRow>> rows = list_state(state_directory);
  if (!rows.ok() && !only_without_checkpoints(rows.status(), spools, state_directory)) return fail(rows.status());
  if (rows.ok()) {
    for (const CheckpointRow& row : rows.value())
      fmt::print("{}  {}  {}  position {}  at {}\n", row.checkpoint.pipeline, row.checkpoint.source, row.checkpoint.name, row.checkpoint.position,
                 format_utc(row.updated));
  }
  if (!rows.ok() || rows.value().empty()) fmt::print("no checkpoints in {}\n", state_directory);
  for (const SpoolSummary& spool : spools) print_spool(spool);
  const Result<std::vector<OwnershipRow>> destinations = list_ownership(state_directory);
  if (!destinations.ok()) return fail(destinations.status());
  for (const OwnershipRow& row : destinations.value()) print_destination(row);
  return 0;
}

int state_check(const std::string& state_directory) {
  const std::vector<SpoolSummary> spools = check_spools(state_directory);
  const Result<StateReport> report = check_state(state_directory);
  if (!report.ok() && !only_without_checkpoints(report.status(), spools, state_directory)) return fail(report.status());
  StateReport all = report.ok() ? report.value() : StateReport();
  std::uint64_t packages = 0;
  for (const SpoolSummary& spool : spools) {
    packages += spool.files;
    all.problems.insert(all.problems.end(), spool.problems.begin(), spool.problems.end());
    all.set_aside.insert(all.set_aside.end(), spool.damaged.begin(), spool.damaged.end());
  }
  const LettersReport letters = check_letters(state_directory);
  all.problems.insert(all.problems.end(), letters.problems.begin(), letters.problems.end());
  for (const std::string& problem : all.problems) fmt::print("problem: {}\n", problem);
  for (const std::string& path : all.set_aside) fmt::print("set aside earlier: {}\n", path);
  for (const std::string& text : letters.broken) fmt::print("passed over: {}\n", text);
  if (!all.problems.empty()) return 1;
  fmt::print("sound: {} checkpoint{}", all.checkpoints, plural(all.checkpoints));
  if (packages != 0) fmt::print(", {} spooled package{}", packages, plural(packages));
  if (all.destinations != 0) fmt::print(", {} destination{}", all.destinations, plural(all.destinations));
  if (letters.letters != 0) fmt::print(", {} dead letter{}", letters.letters, plural(letters.letters));
  fmt::print("\n");
  return 0;
}

}  // namespace penstock
