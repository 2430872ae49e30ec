// JSON as text, one value at a time: escape, unescape, look into an object, check a number. Scalar code for small pieces;
// whole lines are scanned with simdjson in bindings/codec. Authority: RFC 8259.
#pragma once
#include <string>

#include "runtime/base/bytes.h"
#include "runtime/event/arena.h"
#include "runtime/event/slice.h"

namespace penstock::json {

// Nesting deeper than this is refused as invalid, everywhere.
inline constexpr int depth_max = 1024;

// Appends `value` as a JSON string, quotes included: escapes ", \ and control characters (\n, \t, ... or \u00XX).
// Bytes that are not UTF-8 become U+FFFD, one for each maximal broken piece (Unicode 15, section 3.9).
void append_quoted(Buffer& out, ByteView value);

// Appends the JSON text of any present slice.
void append_value(Buffer& out, const Slice& value);

// The value of a string's inner bytes with its escapes undone; lone surrogates become U+FFFD. A malformed escape (the line
// was not validated yet) stays as it stands. Result lives in the arena.
ByteView unescape(ByteView inner, Arena& arena);

// The string value of a slice that is_string(): itself, or unescaped into the arena.
inline ByteView string_value(const Slice& value, Arena& arena) {
  return value.kind == Kind::string_escaped ? unescape(value.view(), arena) : value.view();
}

// Classifies a complete JSON value's text (white space around it allowed) into a slice; kind unset when `text` is no JSON
// value. Checks first byte and end only: use `valid` for the whole grammar.
Slice classify(ByteView text);

// Finds the first member called `name` (by unescaped name) in an object's text. Missing when there is none or `object` is broken.
Slice find_member(ByteView object, ByteView name, Arena& arena);

// Whether `text` is a number by the grammar of RFC 8259 section 6.
bool valid_number(ByteView text);

// What is wrong with a JSON text, and at which byte. No problem: what is null.
struct Problem {
  const char* what = nullptr;
  std::size_t offset = 0;
};
// `json: expected ':' at byte 17`.
std::string to_text(const Problem& problem);

// Checks that `text` is exactly one valid JSON value, as `valid` does, and says where it is not.
Problem check(ByteView text);
// The same, and that the value is an object.
Problem check_object(ByteView text);

// Whether `text` is exactly one valid JSON value (grammar, escapes, UTF-8, depth <= depth_max), white space around it allowed.
bool valid(ByteView text);

// Whether every backslash in a string's inner bytes starts an escape that RFC 8259 section 7 allows.
bool valid_escapes(ByteView inner);

// Whether `text` is UTF-8 without surrogates or overlong forms.
bool valid_utf8(ByteView text);

// A new object in the arena (kind object): `object` with member `name` replaced by `value` (where the first of that name stands,
// later ones of that name dropped), appended when absent, or removed when `value` is missing. Requires object text.
Slice with_member(ByteView object, ByteView name, const Slice& value, Arena& arena);

// Calls `on_member(raw_key_inner, value)` for each member in order; stops early and returns false at broken text.
template <class F>
bool for_each_member(ByteView object, F&& on_member);
// Calls `on_element(value)` for each element in order; returns false at broken text.
template <class F>
bool for_each_element(ByteView array, F&& on_element);

// A cursor over a JSON text; what the templates below are made of. Lenient inside values: a value's end is found by
// brackets and quotes.
class Cursor {
 public:
  explicit Cursor(ByteView text) : at_(text.data()), end_(text.data() + text.size()) {}
  void skip_space() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) ++at_;
  }
  // Takes `byte` if it is next (after white space).
  bool take(char byte) {
    skip_space();
    if (at_ == end_ || *at_ != byte) return false;
    ++at_;
    return true;
  }
  bool at_end() {
    skip_space();
    return at_ == end_;
  }
  // Reads a value and moves behind it; kind unset when none starts here or it does not end.
  Slice value();

 private:
  const char* at_;
  const char* end_;
};

template <class F>
bool for_each_member(ByteView object, F&& on_member) {
  Cursor cursor(object);
  if (!cursor.take('{')) return false;
  if (cursor.take('}')) return true;
  do {
    const Slice key = cursor.value();
    if ((key.kind != Kind::string && key.kind != Kind::string_escaped) || !cursor.take(':')) return false;
    const Slice value = cursor.value();
    if (!value.present()) return false;
    on_member(key, value);
  } while (cursor.take(','));
  return cursor.take('}');
}

template <class F>
bool for_each_element(ByteView array, F&& on_element) {
  Cursor cursor(array);
  if (!cursor.take('[')) return false;
  if (cursor.take(']')) return true;
  do {
    const Slice value = cursor.value();
    if (!value.present()) return false;
    on_element(value);
  } while (cursor.take(','));
  return cursor.take(']');
}

}  // namespace penstock::json
