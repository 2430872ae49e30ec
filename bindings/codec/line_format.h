// Formats with one event a line: how lines are cut out of a stream, and what such a format has to provide.
#pragma once
#include <memory>
#include <string>

#include "runtime/plan/codec.h"

namespace penstock {

// Reads the lines of one format. One for each decoder or parse stage; keeps what makes the next line quicker.
class LineParser {
 public:
  virtual ~LineParser() = default;

  // Fills `event`, which is new (Base::entries, no slot set): its slots and entries, scanned and validated set. Values are
  // slices of `line`, of the event's batch's arena, or of memory that lives as long as this parser. `line` comes without
  // its line end and may hold any bytes, line breaks too. On failure returns false, with what was expected and at which
  // byte in `error`; the event is then worth nothing.
  virtual bool parse(ByteView line, Event& event, std::string& error) = 0;
};

// A decoder plan for such a format. Lines end with LF or CR LF; the last one may lack it. A UTF-8 byte order mark at offset
// 0 of the stream is skipped, and so are blank lines (nothing but bytes <= space). A line that does not parse goes to
// batch.broken with the parser's words. Any stream may be cut at line ends (splittable).
class LineFormat : public DecoderPlan {
 public:
  // `slots`: of the plan instance that the events will belong to; the format's fixed field names are added.
  virtual std::unique_ptr<LineParser> open_parser(SlotTable& slots) const = 0;
  // Blank lines are events too.
  virtual bool keeps_blank_lines() const { return false; }

  std::unique_ptr<Decoder> open(SlotTable& slots) const final;
};

// The size of the byte order mark at the front of `input`, 0 when there is none.
inline std::size_t byte_order_mark_size(ByteView input) { return input.starts_with("\xef\xbb\xbf") ? 3 : 0; }
// Whether `input` may be the first bytes of a byte order mark that is not whole yet.
inline bool may_become_byte_order_mark(ByteView input) { return input.size() < 3 && ByteView("\xef\xbb\xbf").starts_with(input); }

// Whether nothing but bytes <= space is in `line`.
bool is_blank(ByteView line);

// Writes `<format>: expected <what> at byte <at>` to `error`; always false, to be returned by parsers.
bool expected(std::string& error, std::string_view format, std::string_view what, std::size_t at);

}  // namespace penstock
