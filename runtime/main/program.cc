#include "runtime/main/program.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "runtime/plan/losses.h"

namespace penstock {

namespace {

script::ScriptOptions script_options(const ProgramOptions& options) {
  script::ScriptOptions out;
  out.path = options.script_path;
  out.text = options.script_text;
  out.params = options.params;
  out.unsafe = options.unsafe;
  return out;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

void add(Program& program, const PipelineDeclaration& pipeline, std::unique_ptr<PipelinePlan> plan) {
  program.workers = std::max(program.workers, plan->workers);
  const auto memory = pipeline.options.integer_or("script_memory_bytes", std::int64_t{script::LuaState::default_memory_bytes});
  program.script_memory_bytes = std::max(program.script_memory_bytes, static_cast<std::size_t>(memory));
  program.pipelines.push_back(std::move(plan));
}

// What one reader takes from standard input no other gets.
void check_stdin(const Program& program, std::vector<Mistake>& mistakes) {
  const SourceNode* first = nullptr;
  for (const auto& pipeline : program.pipelines) {
    for (const SourceNode& source : pipeline->sources) {
      if (source.type != "stdin") continue;
      if (first) mistakes.push_back({source.where, "source.stdin: standard input is read at " + first->where.text() + " already; use one source and p.route"});
      if (!first) first = &source;
    }
  }
}

void check_losses(const Program& program, std::vector<Mistake>& mistakes) {
  for (const auto& pipeline : program.pipelines)
    for (Loss& loss : losses(*pipeline)) mistakes.push_back({std::move(loss.where), std::move(loss.text)});
}

}  // namespace

int usable_cores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1u, std::thread::hardware_concurrency());
}

std::string records_directory(const std::string& state_directory) {
  if (!state_directory.empty()) return state_directory;
  if (const char* base = std::getenv("XDG_STATE_HOME"); base && *base) return std::string(base) + "/penstock";
  if (const char* home = std::getenv("HOME"); home && *home) return std::string(home) + "/.local/state/penstock";
  return "/var/lib/penstock";
}

std::size_t print_mistakes(const std::vector<Mistake>& mistakes, const char* kind) {
  for (const Mistake& mistake : mistakes) {
    const std::string place = mistake.where.line > 0 ? mistake.where.text() : mistake.where.file;
    fmt::print(stderr, "{}: {}{}\n", place, kind, mistake.text);
  }
  return mistakes.size();
}

PlanContext plan_context(const Program& program, const Components& components) {
  PlanContext context(components);
  context.script_folder = folder_of(program.options.script_path);
  context.workers = program.options.workers > 0 ? program.options.workers : usable_cores();
  context.state_directory = program.options.state_directory;
  context.records_directory = records_directory(program.options.state_directory);
  context.unsafe = program.options.unsafe;
  context.allow_exec = program.options.allow_exec;
  return context;
}

std::unique_ptr<Program> compile_script(ProgramOptions options, const Components& components, std::shared_ptr<script::ScriptFiles> files,
                                        std::vector<Mistake>& mistakes) {
  auto program = std::make_unique<Program>();
  program->options = std::move(options);
  program->script_options = script_options(program->options);
  program->script_options.files = std::move(files);
  program->script = std::make_shared<script::Script>(program->script_options);
  const Declaration& declaration = program->script->declare();
  print_mistakes(declaration.warnings, "warning: ");

  // What only compiling finds (a pattern, a path template) is told together with what declaring found.
  mistakes = declaration.mistakes;
  const PlanContext context = plan_context(*program, components);
  for (const PipelineDeclaration& pipeline : declaration.pipelines)
    if (std::unique_ptr<PipelinePlan> plan = compile(pipeline, context, mistakes)) add(*program, pipeline, std::move(plan));
  check_stdin(*program, mistakes);
  if (program->options.require_no_loss) check_losses(*program, mistakes);
  tidy(mistakes);
  return mistakes.empty() ? std::move(program) : nullptr;
}

std::unique_ptr<Program> load(ProgramOptions options, const Components& components) {
  std::vector<Mistake> mistakes;
  std::unique_ptr<Program> program = compile_script(std::move(options), components, std::make_shared<script::ScriptFiles>(), mistakes);
  if (const std::size_t count = print_mistakes(mistakes, ""))
    fmt::print(stderr, "penstock: {} mistake{} in the script; nothing was run\n", count, count == 1 ? "" : "s");
  return program;
}

std::unique_ptr<Program> recompile(const Program& program, std::size_t number, const Components& components) {
  auto again = std::make_unique<Program>();
  again->options = program.options;
  again->script_options = program.script_options;
  again->script = program.script;
  again->durable_acks = program.durable_acks;
  again->script_memory_bytes = program.script_memory_bytes;
  again->pipelines.resize(program.pipelines.size());
  std::vector<Mistake> mistakes;
  again->pipelines[number] = compile(program.script->declare().pipelines[number], plan_context(*again, components), mistakes);
  if (!again->pipelines[number]) return nullptr;
  again->workers = again->pipelines[number]->workers;
  return again;
}

}  // namespace penstock
