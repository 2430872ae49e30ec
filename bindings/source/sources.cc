#include "bindings/source/sources.h"

#include "bindings/source/exec_source.h"
#include "bindings/source/file_source.h"
#include "bindings/source/generate_source.h"
#include "bindings/source/http_source.h"
#include "bindings/source/journald_source.h"
#include "bindings/source/stdin_source.h"
#include "runtime/plan/components.h"

namespace penstock {

Result<std::unique_ptr<SourcePlan>> make_file_source(const Value& options, const PlanContext& context) {
  Result<FileOptions> checked = FileOptions::from(options);
  if (!checked.ok()) return checked.take_status();
  return std::unique_ptr<SourcePlan>(std::make_unique<FileSourcePlan>(*std::move(checked), context.workers));
}

Result<std::unique_ptr<SourcePlan>> make_stdin_source(const Value&, const PlanContext&) {
  return std::unique_ptr<SourcePlan>(std::make_unique<StdinSourcePlan>(0));
}

Result<std::unique_ptr<SourcePlan>> make_generate_source(const Value& options, const PlanContext&) {
  Result<GenerateOptions> checked = GenerateOptions::from(options);
  if (!checked.ok()) return checked.take_status();
  return std::unique_ptr<SourcePlan>(std::make_unique<GenerateSourcePlan>(*std::move(checked)));
}

void add_local_sources(Components& components) {
  components.sources["file"] = make_file_source;
  components.sources["stdin"] = make_stdin_source;
  components.sources["generate"] = make_generate_source;
  components.sources["exec"] = make_exec_source;
  components.sources["journald"] = make_journald_source;
  components.sources["http"] = make_http_source;
}

}  // namespace penstock
