// Whether a function of a script is still the same after the script was read again: what a reload needs to leave pipelines
// alone that did not change.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/value.h"

namespace penstock::script {

class Script;

// What a function is made of: its code, and the values, tables and functions that it reaches through upvalues and the
// script's globals. What the embedded modules and Lua's libraries give counts by name.
struct FunctionLikeness {
  struct Code {
    std::string dump;  // bytecode without debug information
    std::string text;  // the source lines that it stands on; empty when they are not known
  };
  std::string shape;
  std::vector<Code> codes;  // of the function and the script's functions that it reaches, in the order of the shape
};

// Nothing when it reaches what cannot be compared (a coroutine, a secret, a file), or more than 200,000 values: such a
// function is never the same. Requires declare() without mistakes, and that the function never ran in this state: what it
// does to its upvalues would count.
std::optional<FunctionLikeness> likeness(Script& script, FunctionRef function);

// Line numbers and comments outside of the functions do not count.
bool alike(const FunctionLikeness& a, const FunctionLikeness& b);

}  // namespace penstock::script
