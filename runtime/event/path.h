// Paths to fields, as scripts write them: `status`, `headers.x-id`, `headers["x id"]`, `"any name".b`.
#pragma once
#include "runtime/base/status.h"
#include "runtime/event/slot_table.h"

namespace penstock {

// Reads a whole path by the grammar of the filter language (design.md section 2):
//   path := name { "." name | "[" STRING "]" } ; name := [A-Za-z_@][A-Za-z0-9_@-]* or a quoted "any name"
// In quoted names and STRINGs a doubled quote is one quote. Fails with Code::invalid, naming the column.
Result<Path> parse_path(std::string_view text);

}  // namespace penstock
