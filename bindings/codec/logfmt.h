// logfmt: `key=value` pairs, one record a line. What the formats of that name read and write.
//
// There is no standard; this follows github.com/kr/logfmt and go-logfmt, leniently:
//   pairs    parted by bytes <= space
//   key      bytes > space other than `=` and `"`
//   value    `key=bare`: up to a byte <= space, text, and may hold `=` and `"` (strict readers refuse that); `key="quoted"`: JSON
//            string escapes, lone surrogates become U+FFFD, a malformed escape stays; `key=`: an empty string; `key`: true
// Everything bare is text: logfmt has no types. A key that occurs again replaces the value and keeps the first one's place.
// Behind a closing quote the next key may follow at once. Broken: no key where one must be, a quote that is not closed, more than
// EntryList::fields_max keys.
#pragma once
#include "runtime/base/bytes.h"

namespace penstock::logfmt {

inline bool is_key_byte(char c) { return static_cast<unsigned char>(c) > ' ' && c != '=' && c != '"'; }

}  // namespace penstock::logfmt
