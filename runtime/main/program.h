// A script on its way to being run: declared, checked, compiled. What every command starts with.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/plan/pipeline_plan.h"
#include "runtime/script/script_host.h"

namespace penstock {

// What the command line says about a script.
struct ProgramOptions {
  std::string script_path;    // empty: `script_text`
  std::string script_text;    // of -e
  std::map<std::string, std::string> params;
  bool unsafe = false;
  std::vector<std::string> allow_exec;  // programs that p.source.exec may start
  int workers = 0;            // 0: one for each core this process may use
  std::string state_directory;
  bool require_no_loss = false;  // a way in which events may be lost is a mistake
};

struct Program {
  ProgramOptions options;
  script::ScriptOptions script_options;    // for each worker's own state
  std::shared_ptr<script::Script> script;  // of the thread that loaded it
  std::vector<std::unique_ptr<PipelinePlan>> pipelines;  // in the order of their declarations
  int workers = 1;                         // the most that any pipeline asks for
  bool durable_acks = false;               // delivered has to mean durable, even without checkpoints
  std::size_t script_memory_bytes = 0;     // of each Lua state: the most that any pipeline allows
};

// Where dead letters and verified destinations are kept: the state directory, and when none is named $XDG_STATE_HOME/penstock, else
// ~/.local/state/penstock, else /var/lib/penstock, which is made only when there is something to be kept.
std::string records_directory(const std::string& state_directory);

// What the pipelines are compiled with.
PlanContext plan_context(const Program& program, const Components& components);

// Declares the script and compiles its pipelines. Prints every mistake, and a line that counts them, to stderr; null then.
std::unique_ptr<Program> load(ProgramOptions options, const Components& components);

// The same without that line: adds every mistake to `mistakes` and prints nothing but warnings. Reads through `files`.
std::unique_ptr<Program> compile_script(ProgramOptions options, const Components& components, std::shared_ptr<script::ScriptFiles> files,
                                        std::vector<Mistake>& mistakes);

// The pipeline `number` of the program, compiled anew from its declaration, in a program of its own: plans keep what their runs
// share, so a run that begins again needs a plan that none used. Null when it does not compile any more.
std::unique_ptr<Program> recompile(const Program& program, std::size_t number, const Components& components);

// The cores that this process may use.
int usable_cores();

// Prints what is wrong with a script; returns how many mistakes there are.
std::size_t print_mistakes(const std::vector<Mistake>& mistakes, const char* kind);

}  // namespace penstock
