// The native stages, by the names that scripts use.
#pragma once
#include "runtime/plan/components.h"

namespace penstock {

void add_stages(Components& components);

}  // namespace penstock
