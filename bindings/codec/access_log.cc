// Access logs of web servers: a scanner driven by a compiled log format.
#include <algorithm>

#include "bindings/codec/fixed_fields.h"
#include "bindings/codec/line_format.h"
#include "bindings/codec/log_escape.h"
#include "bindings/codec/log_format.h"
#include "bindings/codec/number_text.h"
#include "bindings/codec/text_codecs.h"

namespace penstock {

namespace {

// Where values go: the fields of a format in the order of their first mention; a request stands for four.
struct Layout {
  static constexpr std::uint16_t nowhere = 0xffff;
  std::vector<std::string> names;
  std::vector<std::uint16_t> field_of_part;  // nowhere: its name came before

  std::uint16_t place(const std::string& name) {
    if (std::find(names.begin(), names.end(), name) != names.end()) return nowhere;
    names.push_back(name);
    return static_cast<std::uint16_t>(names.size() - 1);
  }
};

Layout lay_out(const LogFormat& format) {
  Layout layout;
  for (const LogFormat::Part& part : format.parts) {
    if (part.type != LogFormat::Type::request) {
      layout.field_of_part.push_back(layout.place(part.name));
      continue;
    }
    // All four or none: a format with %m and %r keeps the request whole.
    const auto taken = [&](const char* name) { return std::find(layout.names.begin(), layout.names.end(), name) != layout.names.end(); };
    if (taken("request")) {
      layout.field_of_part.push_back(Layout::nowhere);
      continue;
    }
    const auto first = static_cast<std::uint16_t>(layout.names.size());
    for (const char* name : {"method", "path", "protocol"}) {
      const bool again = taken(name);
      layout.names.push_back(again ? "request_" + std::string(name) : name);
    }
    layout.names.push_back("request");
    layout.field_of_part.push_back(first);
  }
  return layout;
}

struct RequestLine {
  ByteView method, path, protocol;
};

bool is_token(ByteView text) {
  if (text.empty()) return false;
  for (const char c : text) {
    const bool alphanumeric = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!alphanumeric && c != '-' && c != '_' && c != '.' && c != '!' && c != '*' && c != '+' && c != '~') return false;
  }
  return true;
}

bool is_upper_case(ByteView text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

// `METHOD TARGET HTTP/...`, and `METHOD TARGET` of HTTP/0.9 when the method is in capitals. The target may hold spaces.
bool split_request(ByteView text, RequestLine& out) {
  const std::size_t first = text.find(' ');
  if (first == ByteView::npos || !is_token(text.substr(0, first))) return false;
  out.method = text.substr(0, first);
  const ByteView rest = text.substr(first + 1);
  const std::size_t last = rest.rfind(' ');
  if (last != ByteView::npos && rest.substr(last + 1).starts_with("HTTP/")) {
    out.path = rest.substr(0, last);
    out.protocol = rest.substr(last + 1);
    return !out.path.empty();
  }
  out.path = rest;
  out.protocol = {};
  return !rest.empty() && is_upper_case(out.method);
}

// The first place in [at, end) where `literal` stands; null when there is none.
const char* find_literal(const char* at, const char* end, const std::string& literal) {
  while (static_cast<std::size_t>(end - at) >= literal.size()) {
    at = static_cast<const char*>(std::memchr(at, literal[0], static_cast<std::size_t>(end - at)));
    if (!at || static_cast<std::size_t>(end - at) < literal.size()) return nullptr;
    if (literal.size() == 1 || std::memcmp(at + 1, literal.data() + 1, literal.size() - 1) == 0) return at;
    ++at;
  }
  return nullptr;
}

// Whether the byte at `at` is escaped: an odd number of backslashes stands before it.
bool is_escaped(const char* begin, const char* at) {
  const char* slash = at;
  while (slash != begin && slash[-1] == '\\') --slash;
  return (at - slash) % 2 != 0;
}

// The same for a literal that begins with the closing quote.
const char* find_closing(const char* begin, const char* end, const std::string& literal) {
  const char* at = begin;
  while ((at = find_literal(at, end, literal)) && is_escaped(begin, at)) ++at;
  return at;
}

class AccessLogParser final : public LineParser {
 public:
  AccessLogParser(const std::string& name, const LogFormat& format, const Layout& layout, bool unescape, SlotTable& slots)
      : name_(name), format_(format), field_of_part_(layout.field_of_part), unescape_(unescape), fields_(slots, layout.names) {}

  bool parse(ByteView line, Event& event, std::string& error) override {
    fields_.attach(event);
    if (!line.starts_with(format_.before)) return expected(error, name_, "'" + format_.before + "'", 0);
    const char* at = line.data() + format_.before.size();
    const char* const end = line.data() + line.size();
    // Most lines hold no escape at all: then nothing has to look for one.
    const bool escapes = std::memchr(line.data(), '\\', line.size()) != nullptr;
    for (std::size_t i = 0; i < format_.parts.size(); ++i) {
      const LogFormat::Part& part = format_.parts[i];
      const char* stop = end;
      if (!part.after.empty()) {
        stop = part.quoted && escapes ? find_closing(at, end, part.after) : find_literal(at, end, part.after);
        if (!stop) return miss(error, part, static_cast<std::size_t>(at - line.data()));
      }
      store(event, i, {at, static_cast<std::size_t>(stop - at)}, escapes && unescape_);
      at = stop + part.after.size();
    }
    return at == end || expected(error, name_, "the end of the line", static_cast<std::size_t>(at - line.data()));
  }

 private:
  bool miss(std::string& error, const LogFormat::Part& part, std::size_t at) const {
    return expected(error, name_, part.name + " and '" + part.after + "'", at);
  }

  void store(Event& event, std::size_t part, ByteView value, bool unescape) {
    const std::uint16_t field = field_of_part_[part];
    if (field == Layout::nowhere) return;
    if (value == "-") return fields_.set(event, field, Slice::missing());
    // Apache writes an empty user name as "".
    const bool is_empty = value == "\"\"";
    switch (format_.parts[part].type) {
      case LogFormat::Type::number:
        return fields_.set(event, field, is_empty ? Slice::text({}) : number_or_text(value));
      case LogFormat::Type::request:
        return store_request(event, field, value, unescape);
      case LogFormat::Type::text:
        return fields_.set(event, field, is_empty ? Slice::text({}) : text(event, value, unescape));
    }
  }

  void store_request(Event& event, std::size_t first, ByteView value, bool unescape) {
    RequestLine request;
    if (split_request(value, request)) {
      fields_.set(event, first, Slice::text(request.method));
      fields_.set(event, first + 1, text(event, request.path, unescape));
      if (!request.protocol.empty()) fields_.set(event, first + 2, text(event, request.protocol, unescape));
    } else if (!value.empty()) {
      fields_.set(event, first + 3, text(event, value, unescape));
    }
  }

  static Slice text(Event& event, ByteView value, bool unescape) {
    return Slice::text(unescape ? undo_log_escapes(value, event.batch->arena()) : value);
  }

  const std::string& name_;
  const LogFormat& format_;
  const std::vector<std::uint16_t>& field_of_part_;
  const bool unescape_;
  FixedFields fields_;
};

class AccessLogFormat final : public LineFormat {
 public:
  AccessLogFormat(std::string name, LogFormat format, std::string text, bool unescape)
      : name_(std::move(name)), format_(std::move(format)), layout_(lay_out(format_)), text_(std::move(text)), unescape_(unescape) {}
  std::unique_ptr<LineParser> open_parser(SlotTable& slots) const override {
    return std::make_unique<AccessLogParser>(name_, format_, layout_, unescape_, slots);
  }
  std::string describe() const override { return name_ + " " + text_; }

 private:
  std::string name_;
  LogFormat format_;
  Layout layout_;
  std::string text_;
  bool unescape_;
};

using Compile = Result<LogFormat> (*)(std::string_view);

Result<std::unique_ptr<DecoderPlan>> make_access_log(const char* name, Compile compile, const Value& options) {
  std::string text = options.string_or("log_format", "combined");
  Result<LogFormat> format = compile(text);
  if (!format.ok()) return format.take_status();
  return std::unique_ptr<DecoderPlan>(
      std::make_unique<AccessLogFormat>(name, std::move(*format), std::move(text), options.bool_or("unescape", true)));
}

}  // namespace

Result<std::unique_ptr<DecoderPlan>> make_nginx_decoder(const Value& options) {
  return make_access_log("nginx", compile_nginx_log_format, options);
}

Result<std::unique_ptr<DecoderPlan>> make_apache_decoder(const Value& options) {
  return make_access_log("apache", compile_apache_log_format, options);
}

}  // namespace penstock
