#include "runtime/main/explain_command.h"

#include <fmt/format.h>

#include "runtime/main/component_rows.h"
#include "runtime/main/function_sample.h"
#include "runtime/plan/explain.h"

namespace penstock {

int explain_command(const ProgramOptions& options) {
  const std::unique_ptr<Program> program = load(options, all_components());
  if (!program) return 2;
  for (std::size_t i = 0; i < program->pipelines.size(); ++i)
    fmt::print("{}{}", i == 0 ? "" : "\n", explain(*program->pipelines[i], sample_functions(*program, i)));
  return 0;
}

}  // namespace penstock
