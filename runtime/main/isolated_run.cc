#include "runtime/main/isolated_run.h"

#include <fmt/format.h>

#include <cstdlib>

#include <utility>

#include "runtime/event/value_json.h"
#include "runtime/loop/loop.h"
#include "runtime/main/component_rows.h"
#include "runtime/main/in_memory.h"
#include "runtime/pipeline/pipeline_run.h"

namespace penstock {

namespace {

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

void use_one_worker(PipelineDeclaration& pipeline) {
  if (!pipeline.options.is_map()) return;
  ValueMap options = pipeline.options.map();
  options["workers"] = 1;
  pipeline.options = options;
}

Status run_to_end(PipelinePlan& plan, script::Script& script, std::vector<std::string>& messages) {
  Result<std::unique_ptr<Loop>> opened = Loop::open();
  if (!opened.ok()) return opened.take_status();
  Loop& loop = **opened;
  PipelineEnvironment environment(loop);
  environment.script = [&script] { return &script; };
  environment.on_done = [&loop] { loop.stop(); };
  environment.on_stuck = [](const std::string& text) {
    fmt::print(stderr, "penstock: {}\n", text);
    std::_Exit(1);
  };
  environment.on_message = [&messages](const std::string& text) { messages.push_back(text); };
  PipelineRun run(plan, std::move(environment));
  if (Status status = run.start(); !status.ok()) return status;
  loop.run();
  run.close();
  return {};
}

}  // namespace

std::string line_of(const Value& event) { return event.is_string() ? event.string() : json_of_value(event); }

Result<IsolatedOutcome> run_isolated(const Program& program, script::Script& script, PipelineDeclaration pipeline,
                                     const std::vector<std::string>& pieces) {
  IsolatedOutcome outcome;
  Components components = all_components();
  add_memory_source(components, pieces);
  add_memory_sink(components, outcome.events);
  isolate(pipeline.nodes);
  use_one_worker(pipeline);
  PlanContext context = plan_context(program, components);
  context.workers = 1;
  std::vector<Mistake> mistakes;
  const std::unique_ptr<PipelinePlan> plan = compile(pipeline, context, mistakes);
  if (!plan) return Status(Code::invalid, mistakes.front().text);
  if (Status status = run_to_end(*plan, script, outcome.messages); !status.ok()) return status;
  return outcome;
}

}  // namespace penstock
