#include "runtime/main/test_command.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/event/value_json.h"
#include "runtime/main/component_rows.h"
#include "runtime/main/isolated_run.h"

namespace penstock {

namespace {

// JSON values are the same when they say the same: members in any order, numbers by value.
Result<Value> meaning(const std::string& json) { return value_of_json(json); }

const PipelineDeclaration* find_pipeline(const Declaration& declaration, const TestDeclaration& test, std::string& problem) {
  if (test.pipeline.empty() && declaration.pipelines.size() == 1) return &declaration.pipelines.front();
  for (const PipelineDeclaration& pipeline : declaration.pipelines)
    if (pipeline.name == test.pipeline) return &pipeline;
  problem = test.pipeline.empty() ? "the script has several pipelines: name one with pipeline = \"...\"" : "there is no pipeline '" + test.pipeline + "'";
  return nullptr;
}

// Empty when the events are the expected ones, in order.
std::string difference(const TestDeclaration& test, const std::vector<std::string>& got) {
  std::string out;
  const std::size_t count = std::max(test.output.size(), got.size());
  for (std::size_t i = 0; i < count; ++i) {
    const std::string expected = i < test.output.size() ? line_of(test.output[i]) : "(nothing)";
    const std::string found = i < got.size() ? got[i] : "(nothing)";
    const Result<Value> a = meaning(expected), b = meaning(found);
    const bool same = a.ok() && b.ok() ? a.value() == b.value() : expected == found;
    if (!same) out += fmt::format("  event {}:\n    expected {}\n    got      {}\n", i + 1, expected, found);
  }
  return out;
}

bool run_case(Program& program, const TestDeclaration& test) {
  std::string problem;
  const Declaration& declaration = program.script->declare();
  if (const PipelineDeclaration* pipeline = find_pipeline(declaration, test, problem)) {
    std::vector<std::string> lines;
    for (const Value& event : test.input) lines.push_back(line_of(event));
    Result<IsolatedOutcome> outcome = run_isolated(program, *program.script, *pipeline, lines);
    problem = outcome.ok() ? difference(test, outcome->events) : "  " + outcome.status().text() + "\n";
    if (!problem.empty() && outcome.ok())
      for (const std::string& message : outcome->messages) problem += "  " + message + "\n";
  } else {
    problem = "  " + problem + "\n";
  }
  fmt::print("{} {}: {}\n{}", problem.empty() ? "pass" : "FAIL", test.where.text(), test.name, problem);
  return problem.empty();
}

}  // namespace

int test_command(const std::vector<std::string>& scripts, const ProgramOptions& options) {
  std::size_t passed = 0, failed = 0;
  bool wrong = false;
  for (const std::string& path : scripts) {
    ProgramOptions own = options;
    own.script_path = path;
    const std::unique_ptr<Program> program = load(own, all_components());
    if (!program) {
      wrong = true;
      continue;
    }
    for (const TestDeclaration& test : program->script->declare().tests) ++(run_case(*program, test) ? passed : failed);
  }
  fmt::print("{} passed, {} failed\n", passed, failed);
  if (!wrong && passed + failed == 0) {
    fmt::print(stderr, "penstock: no p.test case in {}\n", scripts.size() == 1 ? scripts.front() : "these scripts");
    return 2;
  }
  return wrong ? 2 : failed != 0 ? 1 : 0;
}

}  // namespace penstock
