// The sources of this machine, for main's list: `file`, `stdin`, `generate`, `exec`, `journald`.
#pragma once
#include <memory>

#include "runtime/base/value.h"
#include "runtime/plan/source.h"

namespace penstock {

struct Components;
struct PlanContext;

Result<std::unique_ptr<SourcePlan>> make_file_source(const Value& options, const PlanContext& context);
Result<std::unique_ptr<SourcePlan>> make_stdin_source(const Value& options, const PlanContext& context);
Result<std::unique_ptr<SourcePlan>> make_generate_source(const Value& options, const PlanContext& context);

void add_local_sources(Components& components);

}  // namespace penstock
