#include "bindings/kafka/message_text.h"

#include <algorithm>
#include <cstring>

#include "runtime/event/json_text.h"

namespace penstock::kafka {

namespace {

constexpr ByteView byte_order_mark = "\xef\xbb\xbf";

bool is_line_end(char c) { return c == '\n' || c == '\r'; }

// Whether the first line of `text` begins a document and does not end it.
bool is_one_document(ByteView text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == ByteView::npos || (text[first] != '{' && text[first] != '[')) return false;
  const ByteView line = text.substr(first, text.find('\n', first) - first);
  return line.size() + first < text.size() && !json::Cursor(line).value().present();
}

}  // namespace

MessageText::MessageText(std::string_view format, char quote, char delimiter)
    : kind_(format == "json" ? Kind::json : format == "csv" ? Kind::csv : Kind::lines), quote_(quote), delimiter_(delimiter) {}

// RFC 4180: a quote opens a field only as its first byte, and two within are one.
bool MessageText::ends_inside_quotes(ByteView value) const {
  if (quote_ == 0 || value.find(quote_) == ByteView::npos) return false;
  bool inside = false, at_start = true;
  for (const char c : value) {
    if (c == quote_ && (inside || at_start))
      inside = !inside;
    else if (!inside)
      at_start = c == delimiter_ || c == '\n';
    // Behind a closing quote another one opens again: the two are one, within.
  }
  return inside;
}

std::size_t MessageText::write(ByteView value, char* to, bool& whole) const {
  if (value.starts_with(byte_order_mark)) value.remove_prefix(byte_order_mark.size());
  if (value.empty()) return 0;
  std::memcpy(to, value.data(), value.size());
  std::size_t size = value.size();
  if (to[size - 1] != '\n') to[size++] = '\n';
  if (kind_ == Kind::csv) {
    whole |= ends_inside_quotes(value);
  } else if (kind_ == Kind::json && std::memchr(to, '\n', size - 1) != nullptr && is_one_document({to, size - 1})) {
    // JSON has line ends as white space only: in a string they are escaped.
    std::replace_if(to, to + size - 1, is_line_end, ' ');
  }
  return size;
}

}  // namespace penstock::kafka
