// Numbers in text formats.
#pragma once
#include "runtime/event/json_text.h"

namespace penstock {

// Kind number when `value` is a number as JSON writes them (so that its text can be passed on as it is), else text.
inline Slice number_or_text(ByteView value) {
  // The common case by hand: one to three digits, no leading zero.
  if (value.size() <= 3 && !value.empty() && value[0] >= '1' && value[0] <= '9') {
    bool digits = true;
    for (const char c : value.substr(1)) digits = digits && c >= '0' && c <= '9';
    if (digits) return Slice::number(value);
  }
  return json::valid_number(value) ? Slice::number(value) : Slice::text(value);
}

}  // namespace penstock
