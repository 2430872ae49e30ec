#include "runtime/main/explain_command.h"

#include <fmt/format.h>

#include "runtime/main/component_rows.h"
#include "runtime/plan/explain.h"

namespace penstock {

int explain_command(const ProgramOptions& options) {
  const std::unique_ptr<Program> program = load(options, all_components());
  if (!program) return 2;
  for (const auto& pipeline : program->pipelines) fmt::print("{}{}", &pipeline == &program->pipelines.front() ? "" : "\n", explain(*pipeline, {}));
  return 0;
}

}  // namespace penstock
