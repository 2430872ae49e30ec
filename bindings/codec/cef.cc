#include "bindings/codec/cef.h"

#include "bindings/codec/entry_list.h"
#include "bindings/codec/line_format.h"
#include "bindings/codec/text_codecs.h"

namespace penstock {

namespace {

constexpr ByteView header_names[] = {"cef_version", "device_vendor", "device_product", "device_version", "device_event_class_id", "name", "severity"};

bool is_key_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-' || c == '[' || c == ']';
}

// `value` with the escapes undone that `unescaped` knows: given the byte behind a backslash it says which byte is meant, or NUL.
template <class F>
ByteView undo_escapes(ByteView value, Arena& arena, F unescaped) {
  if (value.find('\\') == ByteView::npos) return value;
  char* const begin = arena.allocate(value.size());
  char* out = begin;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char meant = value[i] == '\\' && i + 1 < value.size() ? unescaped(value[i + 1]) : '\0';
    *out++ = meant ? meant : value[i];
    if (meant) ++i;
  }
  const auto size = static_cast<std::size_t>(out - begin);
  arena.trim(value.size(), size);
  return {begin, size};
}

char header_escape(char c) { return c == '|' || c == '\\' ? c : '\0'; }
char extension_escape(char c) { return c == '=' || c == '\\' ? c : c == 'n' ? '\n' : c == 'r' ? '\r' : '\0'; }

// The next bar at or behind `at` that no backslash escapes; the line's size when there is none.
std::size_t find_bar(ByteView line, std::size_t at) {
  for (; at < line.size() && line[at] != '|'; ++at)
    if (line[at] == '\\') ++at;
  return at < line.size() ? at : line.size();
}

// The start of the key that ends before the equals sign at `equals` and has a space before it; `equals` when there is none.
std::size_t find_key(ByteView line, std::size_t from, std::size_t equals) {
  std::size_t at = equals;
  while (at > from && is_key_byte(line[at - 1])) --at;
  return at > from && line[at - 1] == ' ' ? at : equals;
}

class CefParser final : public LineParser {
 public:
  explicit CefParser(SlotTable& slots) : entries_(slots) {
    slots.add("prefix");
    for (const ByteView name : header_names) slots.add(name);
  }

  bool parse(ByteView line, Event& event, std::string& error) override {
    entries_.begin(event);
    std::size_t at = line.find("CEF:");
    if (at == ByteView::npos) return expected(error, "cef", "'CEF:'", 0);
    ByteView prefix = line.substr(0, at);
    while (!prefix.empty() && prefix.back() == ' ') prefix.remove_suffix(1);
    if (!prefix.empty()) entries_.add("prefix", Slice::text(prefix));
    at += 4;
    if (!read_header(line, at, event.batch->arena(), error) || !read_extension(line, at, event.batch->arena(), error)) return false;
    entries_.finish();
    return true;
  }

 private:
  bool read_header(ByteView line, std::size_t& at, Arena& arena, std::string& error) {
    for (const ByteView name : header_names) {
      const bool last = name == "severity";
      const std::size_t bar = find_bar(line, at);
      if (bar == line.size() && !last) return expected(error, "cef", std::string(name) + " and '|'", at);
      ByteView value = line.substr(at, bar - at);
      entries_.add(name, Slice::text(undo_escapes(value, arena, header_escape)));
      at = bar == line.size() ? bar : bar + 1;
    }
    return true;
  }

  bool read_extension(ByteView line, std::size_t at, Arena& arena, std::string& error) {
    while (at < line.size() && line[at] == ' ') ++at;
    if (at == line.size()) return true;
    std::size_t key = at;
    std::size_t equals = at;
    while (equals < line.size() && is_key_byte(line[equals])) ++equals;
    if (equals == key || equals == line.size() || line[equals] != '=') return expected(error, "cef", "a key and '='", at);
    while (equals != line.size()) {
      const std::size_t value = equals + 1;
      const std::size_t next = next_pair(line, value);
      const std::size_t end = next == line.size() ? next : find_key(line, value, next);
      if (!entries_.add(line.substr(key, equals - key), text(line.substr(value, end - value), arena)))
        return expected(error, "cef", "no more than 512 fields", key);
      key = end;
      equals = next;
    }
    return true;
  }

  // The next unescaped equals sign from `from` on that has a key before it; the line's size when there is none.
  static std::size_t next_pair(ByteView line, std::size_t from) {
    for (std::size_t at = from; at < line.size(); ++at) {
      if (line[at] == '\\')
        ++at;
      else if (line[at] == '=' && find_key(line, from, at) != at)
        return at;
    }
    return line.size();
  }

  static Slice text(ByteView value, Arena& arena) {
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
    return Slice::text(undo_escapes(value, arena, extension_escape));
  }

  EntryList entries_;
};

class CefFormat final : public LineFormat {
 public:
  std::unique_ptr<LineParser> open_parser(SlotTable& slots) const override { return std::make_unique<CefParser>(slots); }
  std::string describe() const override { return "cef"; }
};

}  // namespace

Result<std::unique_ptr<DecoderPlan>> make_cef_decoder(const Value&) {
  return std::unique_ptr<DecoderPlan>(std::make_unique<CefFormat>());
}

}  // namespace penstock
