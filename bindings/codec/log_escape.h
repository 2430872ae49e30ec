// The escapes that web servers write into their logs.
#pragma once
#include "runtime/event/arena.h"

namespace penstock {

// Undoes \xHH, \" \\ \n \r \t \b \f \v \a and, of nginx's escape=json, \u00HH below 80 and \/. Any other backslash stays as it is.
// The result lives in the arena; when it would not be UTF-8, or nothing is escaped, `value` itself is returned.
ByteView undo_log_escapes(ByteView value, Arena& arena);

}  // namespace penstock
