#include "bindings/codec/entry_list.h"
#include "bindings/codec/line_format.h"
#include "bindings/codec/logfmt.h"
#include "bindings/codec/text_codecs.h"
#include "runtime/event/json_text.h"

namespace penstock {

namespace {

bool is_space(char c) { return static_cast<unsigned char>(c) <= ' '; }

class LogfmtParser final : public LineParser {
 public:
  explicit LogfmtParser(const SlotTable& slots) : entries_(slots) {}

  bool parse(ByteView line, Event& event, std::string& error) override {
    entries_.begin(event);
    std::size_t at = 0;
    for (;;) {
      while (at < line.size() && is_space(line[at])) ++at;
      if (at == line.size()) break;
      const std::size_t begin = at;
      while (at < line.size() && logfmt::is_key_byte(line[at])) ++at;
      const ByteView key = line.substr(begin, at - begin);
      if (key.empty()) return expected(error, "logfmt", "a key", at);
      Slice value = Slice::boolean(true);
      if (at < line.size() && line[at] == '=' && !read_value(line, ++at, event.batch->arena(), value))
        return expected(error, "logfmt", "a closing '\"' for the one", at);
      if (!entries_.add(key, value)) return expected(error, "logfmt", "no more than 512 keys", begin);
    }
    entries_.finish();
    return true;
  }

 private:
  static bool read_value(ByteView line, std::size_t& at, Arena& arena, Slice& value) {
    const std::size_t begin = at;
    if (at == line.size() || line[at] != '"') {
      while (at < line.size() && !is_space(line[at])) ++at;
      value = Slice::text(line.substr(begin, at - begin));
      return true;
    }
    bool escaped = false;
    std::size_t end = begin + 1;
    for (; end < line.size() && line[end] != '"'; ++end) {
      if (line[end] != '\\') continue;
      escaped = true;
      ++end;
    }
    if (end >= line.size()) return false;
    const ByteView inner = line.substr(begin + 1, end - begin - 1);
    value = Slice::text(escaped ? json::unescape(inner, arena) : inner);
    at = end + 1;
    return true;
  }

  EntryList entries_;
};

class LogfmtFormat final : public LineFormat {
 public:
  std::unique_ptr<LineParser> open_parser(SlotTable& slots) const override { return std::make_unique<LogfmtParser>(slots); }
  std::string describe() const override { return "logfmt"; }
};

}  // namespace

Result<std::unique_ptr<DecoderPlan>> make_logfmt_decoder(const Value&) {
  return std::unique_ptr<DecoderPlan>(std::make_unique<LogfmtFormat>());
}

}  // namespace penstock
