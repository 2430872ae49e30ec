#include "bindings/codec/log_escape.h"

#include "runtime/event/json_text.h"

namespace penstock {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The byte of two hex digits; -1 when they are none.
int hex_byte(ByteView digits) {
  if (digits.size() < 2) return -1;
  const int high = hex_digit(digits[0]), low = hex_digit(digits[1]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// Reads the escape behind a backslash: gives its byte and sets `size` to what it took, or gives -1.
int read_escape(ByteView after, std::size_t& size) {
  if (after.empty()) return -1;
  size = 1;
  switch (after[0]) {
    case '"':
    case '\\':
    case '/': return static_cast<unsigned char>(after[0]);
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'v': return '\v';
    case 'a': return '\a';
    case 'x': size = 3; return hex_byte(after.substr(1));
    case 'u': {
      size = 5;
      const int byte = after.substr(1).starts_with("00") ? hex_byte(after.substr(3)) : -1;
      return byte < 0x80 ? byte : -1;
    }
    default: return -1;
  }
}

}  // namespace

ByteView undo_log_escapes(ByteView value, Arena& arena) {
  const std::size_t first = value.find('\\');
  if (first == ByteView::npos) return value;
  char* const begin = arena.allocate(value.size());
  char* out = begin;
  std::size_t at = 0;
  std::size_t slash = first;
  while (slash != ByteView::npos) {
    std::memcpy(out, value.data() + at, slash - at);
    out += slash - at;
    std::size_t size = 0;
    const int byte = read_escape(value.substr(slash + 1), size);
    at = slash + 1 + (byte < 0 ? 0 : size);
    *out++ = byte < 0 ? '\\' : static_cast<char>(byte);
    slash = value.find('\\', at);
  }
  std::memcpy(out, value.data() + at, value.size() - at);
  out += value.size() - at;
  const ByteView result(begin, static_cast<std::size_t>(out - begin));
  const bool usable = json::valid_utf8(result);
  arena.trim(value.size(), usable ? result.size() : 0);
  return usable ? result : value;
}

}  // namespace penstock
