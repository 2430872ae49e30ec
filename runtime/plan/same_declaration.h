// Whether a pipeline is declared as it was: what a reload leaves alone.
#pragma once
#include <functional>

#include "runtime/plan/declaration.h"

namespace penstock {

// Two functions, each of the run of the script that its declaration comes from.
using SameFunction = std::function<bool(FunctionRef a, FunctionRef b)>;

// Equal in everything but the places: options (defaults filled in, secrets by their text), nodes and branches in order.
// Functions are equal when `same_function` says so.
bool same_declaration(const PipelineDeclaration& a, const PipelineDeclaration& b, const SameFunction& same_function);

}  // namespace penstock
