// Every source, stage, sink and format of this program.
#pragma once
#include "runtime/plan/components.h"

namespace penstock {

const Components& all_components();

}  // namespace penstock
