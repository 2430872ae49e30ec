// What a source is on the workers that have no share of it.
#pragma once
#include <memory>

#include "runtime/plan/source.h"

namespace penstock {

// Reads nothing and is finished as soon as it was started.
std::unique_ptr<Source> make_idle_source(SourceContext& context);

}  // namespace penstock
