// Patterns that users write, compiled with RE2 under bounds: for `~` in filters, the regex format, redact, p.re.
// Authority: https://github.com/google/re2/wiki/Syntax.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/status.h"

namespace re2 {
class RE2;
}

namespace penstock {

inline constexpr std::size_t regex_pattern_bytes_max = 64 * 1024;
// Memory of one compiled pattern: its program and the states that matching caches.
inline constexpr std::int64_t regex_memory_bytes_max = 8 * 1024 * 1024;

// Compiles `pattern`: UTF-8, leftmost-first, `.` without line breaks (unless (?s)). Named groups may be written (?<name>...)
// or (?P<name>...), whatever the RE2 at hand knows. In a subject that is not UTF-8, the broken bytes match nothing but \C.
// Never prints. Fails with Code::invalid; the text names the mistake, then shows the pattern with a caret under it:
//   missing closing ): a(b
//     a(b
//      ^
// and a hint where the syntax is one that RE2 leaves out on purpose (lookaround, back-references, possessive repetition).
// The result is immutable and thread-safe, but its cache of states is guarded by a lock: give each worker its own.
Result<std::shared_ptr<const re2::RE2>> compile_regex(std::string_view pattern);

// What is wrong with a pattern, for callers that show it in a text of their own.
struct RegexMistake {
  std::string message;      // one line
  std::size_t offset = 0;   // of the offending byte in the pattern
  std::string hint;         // may be empty
};

// The same without the finished text: null when the pattern is refused, with `mistake` filled in.
std::shared_ptr<const re2::RE2> compile_regex(std::string_view pattern, RegexMistake& mistake);

// `pattern` with every (?<name> written (?P<name>. Escapes, classes and \Q...\E are left alone, and so are (?<= and (?<!.
std::string spell_groups_for_re2(std::string_view pattern);

}  // namespace penstock
