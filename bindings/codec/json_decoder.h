// Format `json`: NDJSON (one object a line). When a stream begins with `[`, the elements of that array are events, over any
// number of lines; so are those of an array on a line of its own.
//
// What odd input gives (RFC 8259; each has a test):
// - Line ends are LF or CRLF; blank lines are no events; a last line needs no end. A BOM is taken away at the start of a stream.
// - A line that is no object is broken, with the byte where and why. Whether an event is wholly valid is checked when it is
//   about to be emitted; one that a filter dropped by its first fields may leave unchecked.
// - Of duplicate names the first is the field's value; untouched events keep them all, a written or removed field is written
//   or removed once for all of its duplicates, `fields` keeps the first.
// - Names with escapes are compared unescaped. Numbers keep their text (1e400, 64-bit integers). Lone surrogates stay as
//   written, and read as U+FFFD. NUL and other control characters in strings, and bytes that are not UTF-8, are broken.
// - Nesting deeper than json::depth_max is broken.
#pragma once
#include "runtime/plan/components.h"

namespace penstock {

// No options. Fails never.
Result<std::unique_ptr<DecoderPlan>> make_json_decoder(const Value& options);

}  // namespace penstock
