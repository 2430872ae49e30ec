#include "runtime/main/dead_letter_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>

#include "runtime/base/nearest_name.h"
#include "runtime/delivery/dead_letter_reader.h"
#include "runtime/delivery/spool_inventory.h"
#include "runtime/delivery/state_database.h"
#include "runtime/event/value_json.h"
#include "runtime/main/component_rows.h"
#include "runtime/main/in_memory.h"
#include "runtime/main/run_command.h"

namespace penstock {

namespace {

// What is replayed at a time is kept in memory.
constexpr std::size_t replay_bytes_max = 64 * 1024 * 1024;

int fail(const Status& status) {
  fmt::print(stderr, "penstock: {}\n", status.text());
  return 1;
}

// Calls `call` for each letter; false (and a message) when they cannot be read.
template <class F>
bool for_each_letter(const std::string& directory, const std::string& pipeline, F&& call) {
  DeadLetterReader reader(directory, pipeline);
  while (true) {
    Result<std::optional<StoredLetter>> letter = reader.next();
    if (!letter.ok()) {
      fail(letter.status());
      return false;
    }
    if (!*letter) break;
    if (!call(**letter)) break;
  }
  if (reader.broken_lines() != 0) fmt::print(stderr, "penstock: {}: {} lines are no letters and were skipped\n", pipeline, reader.broken_lines());
  return true;
}

std::string json_of(const StoredLetter& letter) {
  return json_of_value(ValueMap{{"id", letter.id},
                                {"time", letter.time},
                                {"pipeline", letter.pipeline},
                                {"stage", letter.stage},
                                {"reason", letter.reason},
                                {"source", letter.source},
                                {"offset", static_cast<std::int64_t>(letter.offset)},
                                {"size", static_cast<std::int64_t>(letter.size)},
                                {"raw", letter.raw},
                                {"truncated", letter.truncated}});
}

// All that the records tell of, sorted.
std::vector<std::string> known_pipelines(const std::string& directory, const std::vector<std::string>& with_letters) {
  std::set<std::string> names(with_letters.begin(), with_letters.end());
  if (const Result<std::vector<CheckpointRow>> rows = list_state(directory); rows.ok())
    for (const CheckpointRow& row : rows.value()) names.insert(row.checkpoint.pipeline);
  for (const SpoolSummary& spool : list_spools(directory)) names.insert(spool.pipeline);
  return {names.begin(), names.end()};
}

// Of a pipeline there is nothing to be shown: because all is well, or because nobody knows it.
int tell_no_letters(const std::string& directory, const std::string& pipeline, const std::vector<std::string>& with_letters) {
  const std::vector<std::string> known = known_pipelines(directory, with_letters);
  if (known.empty() || std::find(known.begin(), known.end(), pipeline) != known.end()) {
    fmt::print(stderr, "penstock: no dead letters of pipeline '{}' in {}\n", pipeline, directory);
    return 0;
  }
  const std::string nearest(nearest_name(pipeline, known));
  fmt::print(stderr, "penstock: nothing is known of a pipeline '{}' in {}{}; there is {}\n", pipeline, directory, nearest.empty() ? "" : " (hint: " + nearest + ")",
             fmt::join(known, ", "));
  return 2;
}

void print_reasons(const std::map<std::string, std::uint64_t>& reasons) {
  constexpr std::size_t shown_max = 10;
  std::vector<std::pair<std::string, std::uint64_t>> rows(reasons.begin(), reasons.end());
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  for (std::size_t i = 0; i < std::min(shown_max, rows.size()); ++i) fmt::print("  {:>8}  {}\n", rows[i].second, rows[i].first);
  if (rows.size() > shown_max) fmt::print("            and {} other reasons\n", rows.size() - shown_max);
}

// The pipeline `name` as declared, but reading `pieces` instead of its sources.
PipelineDeclaration reading_from_memory(const PipelineDeclaration& pipeline) {
  PipelineDeclaration out = pipeline;
  bool has_source = false;
  std::erase_if(out.nodes, [&](NodeDeclaration& node) {
    if (node.role != Role::source) return false;
    if (std::exchange(has_source, true)) return true;
    node.type = "in_memory";
    return false;
  });
  return out;
}

// Letters to be sent again.
struct Replay {
  std::vector<std::string> pieces;
  std::unordered_set<std::string> ids;
  std::uint64_t cut = 0;  // letters whose bytes were not kept whole
  std::uint64_t empty = 0;  // letters that only say that something was cut off: nothing to send again
  bool all = true;
};

bool read_letters(const std::string& directory, const std::string& pipeline, Replay& replay) {
  std::size_t bytes = 0;
  return for_each_letter(directory, pipeline, [&](StoredLetter& letter) {
    if (letter.truncated) {
      ++replay.cut;
      return true;
    }
    if (letter.raw.empty()) {
      ++replay.empty;
      replay.ids.insert(letter.id);
      return true;
    }
    bytes += letter.raw.size();
    if (bytes > replay_bytes_max) return replay.all = false;
    replay.ids.insert(letter.id);
    replay.pieces.push_back(std::move(letter.raw));
    return true;
  });
}

int replay_pipeline(const std::shared_ptr<Program>& shared, const PipelineDeclaration& declaration) {
  Program& program = *shared;
  const std::string directory = records_directory(program.options.state_directory);
  Replay replay;
  if (!read_letters(directory, declaration.name, replay)) return 1;
  if (replay.cut != 0)
    fmt::print(stderr, "penstock: {}: {} letters hold only a part of their event and stay; collect those from their source again\n", declaration.name, replay.cut);
  if (replay.empty != 0) fmt::print(stderr, "penstock: {}: {} letter{} without an event, which only said that something was cut off: nothing to send again\n", declaration.name, replay.empty,
                                     replay.empty == 1 ? "" : "s");
  if (replay.pieces.empty()) {
    fmt::print(stderr, "penstock: {}: nothing to replay\n", declaration.name);
    const Result<std::uint64_t> removed = DeadLetterReader::remove(directory, declaration.name, replay.ids);
    return removed.ok() ? 0 : fail(removed.status());
  }
  Components components = all_components();
  add_memory_source(components, replay.pieces, false);
  std::vector<Mistake> mistakes;
  PlanContext context = plan_context(program, components);
  context.workers = 1;
  std::unique_ptr<PipelinePlan> plan = compile(reading_from_memory(declaration), context, mistakes);
  if (!plan) return print_mistakes(mistakes, "") != 0 ? 2 : 1;
  plan->workers = 1;
  program.workers = 1;
  program.pipelines.clear();
  program.pipelines.push_back(std::move(plan));

  // What fails again is written as a new letter, so all old ones go once every event has a verdict.
  program.durable_acks = true;
  RunOptions run;
  run.reloadable = false;
  const RunResult result = run_program(shared, run);
  if (result.totals.undelivered != 0 || result.totals.troubles != 0 || result.totals.settled() == 0) return std::max(result.exit_status, 1);
  const Result<std::uint64_t> removed = DeadLetterReader::remove(directory, declaration.name, replay.ids);
  if (!removed.ok()) return fail(removed.status());
  if (!replay.all) fmt::print(stderr, "penstock: {}: there are more letters; run it again\n", declaration.name);
  return result.exit_status;
}

}  // namespace

int dead_letter_list(const std::string& state_directory) {
  const std::string directory = records_directory(state_directory);
  const std::vector<std::string> pipelines = pipelines_with_dead_letters(directory);
  for (const std::string& pipeline : pipelines) {
    std::uint64_t count = 0;
    std::map<std::string, std::uint64_t> reasons;
    std::string oldest, newest;
    const bool read = for_each_letter(directory, pipeline, [&](const StoredLetter& letter) {
      if (count++ == 0) oldest = letter.time;
      newest = letter.time;
      ++reasons[letter.stage + ": " + letter.reason];
      return true;
    });
    if (!read) return 1;
    fmt::print("{}: {} letter{}, from {} to {}\n", pipeline, count, count == 1 ? "" : "s", oldest, newest);
    print_reasons(reasons);
  }
  if (pipelines.empty()) fmt::print("no dead letters in {}\n", directory);
  return 0;
}

int dead_letter_show(const std::string& state_directory, const std::string& pipeline, std::uint64_t limit) {
  const std::string directory = records_directory(state_directory);
  const std::vector<std::string> all = pipelines_with_dead_letters(directory);
  if (!pipeline.empty() && std::find(all.begin(), all.end(), pipeline) == all.end()) return tell_no_letters(directory, pipeline, all);
  if (all.empty()) fmt::print(stderr, "penstock: no dead letters in {}\n", directory);
  std::uint64_t shown = 0;
  for (const std::string& name : pipeline.empty() ? all : std::vector{pipeline}) {
    const bool read = for_each_letter(directory, name, [&](const StoredLetter& letter) {
      fmt::print("{}\n", json_of(letter));
      return ++shown != limit;
    });
    if (!read) return 1;
    if (limit != 0 && shown == limit) break;
  }
  return 0;
}

int dead_letter_replay(const std::string& pipeline, const ProgramOptions& options) {
  const std::shared_ptr<Program> program = load(options, all_components());
  if (!program) return 2;
  int status = 0;
  bool found = false;
  std::vector<std::string> names;
  const std::vector<PipelineDeclaration> declared = program->script->declare().pipelines;
  for (const PipelineDeclaration& declaration : declared) {
    names.push_back(declaration.name);
    if (!pipeline.empty() && declaration.name != pipeline) continue;
    found = true;
    status = std::max(status, replay_pipeline(program, declaration));
  }
  if (found) return status;
  fmt::print(stderr, "penstock: the script declares no pipeline '{}'; there is {}\n", pipeline, fmt::join(names, ", "));
  return 2;
}

}  // namespace penstock
