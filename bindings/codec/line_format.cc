#include "bindings/codec/line_format.h"

namespace penstock {

namespace {

class LineDecoder final : public Decoder {
 public:
  LineDecoder(std::unique_ptr<LineParser> parser, bool keeps_blank_lines)
      : parser_(std::move(parser)), keeps_blank_lines_(keeps_blank_lines) {}

  std::size_t decode(ByteView input, std::uint64_t offset, bool at_end, Batch& batch) override {
    const std::size_t done = decode_lines(input, offset, at_end, batch);
    batch.all_live();
    return done;
  }

 private:
  std::size_t decode_lines(ByteView input, std::uint64_t offset, bool at_end, Batch& batch) {
    std::size_t at = 0;
    if (offset == 0) {
      if (may_become_byte_order_mark(input) && !at_end) return 0;
      at = byte_order_mark_size(input);
    }
    // Broken lines count towards the bound: their reasons are memory too.
    while (at < input.size() && at < Batch::bytes_target && batch.size() + batch.broken.size() < Batch::events_max) {
      const char* begin = input.data() + at;
      const void* found = std::memchr(begin, '\n', input.size() - at);
      if (!found && !at_end) break;
      const char* end = found ? static_cast<const char*>(found) : input.data() + input.size();
      const std::size_t next = static_cast<std::size_t>(end - input.data()) + (found ? 1 : 0);
      if (end != begin && end[-1] == '\r') --end;
      take({begin, static_cast<std::size_t>(end - begin)}, offset + at, batch);
      at = next;
    }
    return at;
  }

  void take(ByteView line, std::uint64_t offset, Batch& batch) {
    if (!keeps_blank_lines_ && is_blank(line)) return;
    if (parser_->parse(line, batch.add(line, offset, Base::entries), error_)) return;
    batch.take_back();
    batch.broken.push_back({line, offset, line.size(), error_});
  }

  std::unique_ptr<LineParser> parser_;
  bool keeps_blank_lines_;
  std::string error_;
};

}  // namespace

std::unique_ptr<Decoder> LineFormat::open(SlotTable& slots) const {
  return std::make_unique<LineDecoder>(open_parser(slots), keeps_blank_lines());
}

bool is_blank(ByteView line) {
  for (const char c : line)
    if (static_cast<unsigned char>(c) > ' ') return false;
  return true;
}

bool expected(std::string& error, std::string_view format, std::string_view what, std::size_t at) {
  error.assign(format).append(": expected ").append(what).append(" at byte ").append(std::to_string(at));
  return false;
}

}  // namespace penstock
