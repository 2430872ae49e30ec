#include "bindings/codec/csv_record.h"

namespace penstock::csv {

RecordReader::Found RecordReader::read(ByteView input, bool at_end, Arena& arena) {
  fields_.clear();
  what_ = nullptr;
  const std::size_t line_end = input.find('\n');
  if (line_end == ByteView::npos && !at_end) return Found::more_needed;
  const ByteView line = input.substr(0, line_end);
  // Most records hold no quote and are lines.
  if (!dialect_.quoting || line.find(dialect_.quote) == ByteView::npos) {
    end_record(input, line.size());
    return read_plain(input.substr(0, record_size_));
  }
  return read_quoting(input, at_end, arena);
}

RecordReader::Found RecordReader::read_plain(ByteView line) {
  for (;;) {
    const std::size_t end = line.find(dialect_.delimiter);
    fields_.push_back(line.substr(0, end));
    if (end == ByteView::npos) return Found::whole;
    line.remove_prefix(end + 1);
  }
}

RecordReader::Found RecordReader::read_quoting(ByteView input, bool at_end, Arena& arena) {
  std::size_t at = 0;
  for (;;) {
    if (at < input.size() && input[at] == dialect_.quote) {
      if (!read_quoted_field(input, at, arena)) {
        if (!at_end) return Found::more_needed;
        // The quote swallowed the rest: break only its line, so that the lines behind have their chance.
        end_record(input, input.find('\n') == ByteView::npos ? input.size() : input.find('\n'));
        what_ = "a closing quote for the one";
        broken_at_ = at;
        return Found::broken;
      }
    } else {
      read_bare_field(input, at);
    }
    if (at == input.size() && !at_end) return Found::more_needed;
    if (at < input.size() && input[at] == dialect_.delimiter) {
      ++at;
      continue;
    }
    end_record(input, at);
    return what_ ? Found::broken : Found::whole;
  }
}

// Leaves `at` behind the field: at the delimiter, the LF or the end. False, with `at` as it was, when the quote is not closed.
bool RecordReader::read_quoted_field(ByteView input, std::size_t& at, Arena& arena) {
  const std::size_t begin = at + 1;
  std::size_t end = begin;
  std::size_t doubled = 0;
  for (;;) {
    end = input.find(dialect_.quote, end);
    if (end == ByteView::npos) return false;
    if (end + 1 == input.size() || input[end + 1] != dialect_.quote) break;
    ++doubled;
    end += 2;
  }
  std::size_t next = end + 1;
  const ByteView tail = take_bare(input, next);
  if (!tail.empty() && dialect_.strict) note_broken("a delimiter or the record's end behind the closing quote", end + 1);

  const ByteView inner = input.substr(begin, end - begin);
  at = next;
  if (doubled == 0 && tail.empty()) {
    fields_.push_back(inner);
    return true;
  }
  const std::size_t size = inner.size() - doubled + tail.size();
  char* const text = arena.allocate(size);
  char* out = text;
  for (std::size_t i = 0; i < inner.size(); ++i) {
    *out++ = inner[i];
    if (inner[i] == dialect_.quote) ++i;
  }
  if (!tail.empty()) std::memcpy(out, tail.data(), tail.size());
  fields_.push_back({text, size});
  return true;
}

// The bytes up to the delimiter, the LF or the end, and `at` moved there; a CR before the LF or the end is none of them.
ByteView RecordReader::take_bare(ByteView input, std::size_t& at) const {
  const std::size_t begin = at;
  while (at < input.size() && input[at] != dialect_.delimiter && input[at] != '\n') ++at;
  const bool at_line_end = at == input.size() || input[at] == '\n';
  const std::size_t end = at_line_end && at > begin && input[at - 1] == '\r' ? at - 1 : at;
  return input.substr(begin, end - begin);
}

void RecordReader::read_bare_field(ByteView input, std::size_t& at) {
  const std::size_t begin = at;
  const ByteView field = take_bare(input, at);
  const std::size_t quote = dialect_.strict ? field.find(dialect_.quote) : ByteView::npos;
  if (quote != ByteView::npos) note_broken("no quote within a bare field", begin + quote);
  fields_.push_back(field);
}

// The record ends at the LF, or the end of input, at `at`.
void RecordReader::end_record(ByteView input, std::size_t at) {
  size_ = at == input.size() ? at : at + 1;
  record_size_ = at != 0 && input[at - 1] == '\r' ? at - 1 : at;
}

void RecordReader::note_broken(const char* what, std::size_t at) {
  if (what_) return;
  what_ = what;
  broken_at_ = at;
}

}  // namespace penstock::csv
