// The Lua modules of scripts/stdlib, embedded in the program.
#pragma once
#include <cstddef>
#include <string_view>

namespace penstock::script {

struct StdlibModule {
  std::string_view name;  // `penstock`, `penstock.check`
  std::string_view text;
};

extern const StdlibModule stdlib_modules[];
extern const std::size_t stdlib_module_count;

}  // namespace penstock::script
