// The stage `redact`: takes secrets out of events before anything that stands behind it sees them.
//
// Options: fields (a list of paths), patterns (a list of RE2 patterns), kinds (a list of email, ipv4, ipv6, card, bearer; see
// secret_kinds.h), mode ("mask", default, or "hash"), mask (default "[redacted]"), key (a secret or string; hash needs it).
//
// What is looked at:
// - without fields, every string of the event, nested ones too, not the names of fields; of a text line, the whole line;
// - with fields, just these: strings, numbers, and everything in an object or list that is named. Where a list stands on the
//   way of a path, the path goes on in each of its elements.
// What is replaced:
// - with patterns or kinds, what they find inside the value; a number in which something is found becomes a string;
// - with neither (fields is needed then), the whole value, whatever it is.
// By what: the mask, or, in mode "hash", `[hash:` + 16 hexadecimal digits of HMAC-SHA-256(key, secret) + `]`, so that equal
// secrets stay equal.
//
// Escapes (\u0040) are undone before looking. Where a JSON object has a name twice, both are redacted, or the later one is dropped.
// An event that is not valid JSON is refused, for nobody knows what a reader would make of it. An event in which nothing is
// found keeps its bytes.
#pragma once
#include "runtime/plan/components.h"

namespace penstock {

Result<std::unique_ptr<StagePlan>> make_redact_stage(const Value& options, const PlanContext& context);

}  // namespace penstock
