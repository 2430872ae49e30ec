#include "runtime/main/test_command.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/event/value_json.h"
#include "runtime/main/component_rows.h"
#include "runtime/main/in_memory.h"
#include "runtime/pipeline/pipeline_run.h"
#include "runtime/loop/loop.h"


namespace penstock {

namespace {

// JSON values are the same when they say the same: members in any order, numbers by value.
Result<Value> meaning(const std::string& json) { return value_of_json(json); }

// An expected or given event: text is a raw line, a table an event.
std::string line_of(const Value& event) { return event.is_string() ? event.string() : json_of_value(event); }

// Takes sources and sinks, in branches too, out of the world.
void isolate(std::vector<NodeDeclaration>& nodes) {
  bool has_source = false;
  std::vector<NodeDeclaration> out;
  for (NodeDeclaration& node : nodes) {
    if (node.role == Role::source) {
      if (std::exchange(has_source, true)) continue;
      node.type = "in_memory";
    }
    if (node.role == Role::sink && node.type != "route") node.type = "in_memory";
    for (BranchDeclaration& branch : node.branches) isolate(branch.nodes);
    // Several sinks would each keep the event: one stands for all.
    if (node.type == "in_memory" && node.role == Role::sink && !out.empty() && out.back().type == "in_memory" && out.back().role == Role::sink) continue;
    out.push_back(std::move(node));
  }
  nodes = std::move(out);
}

class CaseRun {
 public:
  CaseRun(Program& program, const TestDeclaration& test, PipelineDeclaration pipeline) : program_(program), test_(test), pipeline_(std::move(pipeline)) {}

  // The events that came out, or what went wrong.
  Result<std::vector<std::string>> run() {
    for (const Value& event : test_.input) input_.push_back(line_of(event));
    Components components = all_components();
    add_memory_source(components, input_);
    add_memory_sink(components, output_);
    isolate(pipeline_.nodes);
    PlanContext context = plan_context(program_, components);
    context.workers = 1;
    std::vector<Mistake> mistakes;
    if (pipeline_.options.is_map()) {
      ValueMap options = pipeline_.options.map();
      options["workers"] = 1;
      pipeline_.options = options;
    }
    const std::unique_ptr<PipelinePlan> plan = compile(pipeline_, context, mistakes);
    if (!plan) return Status(Code::invalid, mistakes.front().text);
    Result<std::unique_ptr<Loop>> loop = Loop::open();
    if (!loop.ok()) return loop.take_status();
    if (Status status = run_on(**loop, *plan); !status.ok()) return status;
    return output_;
  }
  const std::vector<std::string>& letters() const { return letters_; }

 private:
  Status run_on(Loop& loop, PipelinePlan& plan) {
    PipelineEnvironment environment(loop);
    environment.script = [this] { return program_.script.get(); };
    environment.on_done = [&loop] { loop.stop(); };
    environment.on_message = [this](const std::string& text) { letters_.push_back(text); };
    PipelineRun run(plan, std::move(environment));
    if (Status status = run.start(); !status.ok()) return status;
    loop.run();
    run.close();
    return {};
  }

  Program& program_;
  const TestDeclaration& test_;
  PipelineDeclaration pipeline_;
  std::vector<std::string> input_;
  std::vector<std::string> output_;
  std::vector<std::string> letters_;
};

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
    CaseRun run(program, test, *pipeline);
    Result<std::vector<std::string>> got = run.run();
    problem = got.ok() ? difference(test, *got) : "  " + got.status().text() + "\n";
    if (!problem.empty())
      for (const std::string& letter : run.letters()) problem += "  " + letter + "\n";
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
