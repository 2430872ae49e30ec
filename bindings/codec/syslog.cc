#include "bindings/codec/syslog.h"

#include <ctime>

#include "bindings/codec/fixed_fields.h"
#include "bindings/codec/line_format.h"
#include "bindings/codec/structured_data.h"
#include "bindings/codec/syslog_frames.h"
#include "bindings/codec/syslog_names.h"
#include "bindings/codec/text_codecs.h"

namespace penstock {

namespace {

enum Field : std::size_t {
  priority_field, facility_field, severity_field, timestamp_field, hostname_field, app_name_field, proc_id_field, msg_id_field,
  structured_data_field, message_field
};

const std::vector<std::string>& field_names() {
  static const std::vector<std::string> names = {"priority", "facility", "severity", "timestamp", "hostname",
                                                 "app_name", "proc_id", "msg_id", "structured_data", "message"};
  return names;
}

constexpr int priority_max = 191;
constexpr int priority_when_missing = 13;

struct Settings {
  bool rfc3339 = false;
  SyslogZone zone;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// `dddd-dd-ddT`: how the stamps of RFC 5424 and RFC 3339 begin.
bool looks_like_rfc3339(ByteView text) {
  static constexpr char shape[] = "0000-00-00T";
  if (text.size() < 19) return false;
  for (std::size_t i = 0; i < sizeof shape - 1; ++i)
    if (shape[i] == '0' ? !is_digit(text[i]) : text[i] != shape[i] && !(i == 10 && text[i] == 't')) return false;
  return true;
}

// `fe80::1`: hexadecimal digits and at least two colons.
bool looks_like_ipv6(ByteView word) {
  int colons = 0;
  for (const char c : word) {
    const char lower = static_cast<char>(c | 0x20);
    if (c == ':')
      ++colons;
    else if (!is_digit(c) && c != '.' && !(lower >= 'a' && lower <= 'f'))
      return false;
  }
  return colons >= 2;
}

class SyslogParser final : public LineParser {
 public:
  SyslogParser(const Settings& settings, SlotTable& slots) : settings_(settings), fields_(slots, field_names()) {}

  bool parse(ByteView line, Event& event, std::string& error) override {
    fields_.attach(event);
    event_ = &event;
    line_ = line;
    while (!line_.empty() && line_.back() == '\0') line_.remove_suffix(1);
    at_ = 0;
    bool has_priority = false;
    if (!read_priority(has_priority, error)) return false;
    return has_priority && has_version() ? read_rfc5424(error) : read_rfc3164(has_priority, error);
  }

 private:
  bool fail(std::string& error, std::string_view what, std::size_t at) const { return expected(error, "syslog", what, at); }
  void set(Field field, const Slice& value) { fields_.set(*event_, field, value); }
  void set_text(Field field, ByteView value) { set(field, value == "-" ? Slice::missing() : Slice::text(value)); }
  char peek(std::size_t ahead = 0) const { return at_ + ahead < line_.size() ? line_[at_ + ahead] : '\0'; }
  ByteView rest() const { return line_.substr(at_); }
  void skip_spaces() {
    while (peek() == ' ') ++at_;
  }

  bool read_priority(bool& present, std::string& error) {
    int value = priority_when_missing;
    if (peek() == '<') {
      std::size_t end = 1;
      value = 0;
      while (end <= 3 && is_digit(peek(end))) value = value * 10 + (peek(end++) - '0');
      if (end == 1 || peek(end) != '>' || value > priority_max || (peek(1) == '0' && end != 2))
        return fail(error, "a priority from <0> to <191>", 0);
      set(priority_field, Slice::number(line_.substr(1, end - 1)));
      present = true;
      at_ = end + 1;
    }
    set(facility_field, Slice::text(syslog_facilities[value / 8]));
    set(severity_field, Slice::text(syslog_severities[value % 8]));
    return true;
  }

  bool has_version() {
    std::size_t size = 0;
    while (size <= 3 && is_digit(peek(size))) ++size;
    if (size == 0 || size > 3 || peek() == '0' || peek(size) != ' ') return false;
    at_ += size + 1;
    return true;
  }

  // ---- RFC 5424 ----

  bool read_rfc5424(std::string& error) {
    struct Token {
      Field field;
      const char* what;
    };
    static constexpr Token tokens[] = {{timestamp_field, "a timestamp and ' '"}, {hostname_field, "a hostname and ' '"},
                                       {app_name_field, "an app name and ' '"}, {proc_id_field, "a process id and ' '"},
                                       {msg_id_field, "a message id and ' '"}};
    for (const Token& token : tokens) {
      const char* begin = line_.data() + at_;
      const void* space = at_ < line_.size() ? std::memchr(begin, ' ', line_.size() - at_) : nullptr;
      const ByteView value = space ? ByteView(begin, static_cast<std::size_t>(static_cast<const char*>(space) - begin)) : ByteView();
      if (value.empty()) return fail(error, token.what, at_);
      if (token.field == timestamp_field && value != "-" && !looks_like_rfc3339(value)) return fail(error, "an RFC 3339 timestamp", at_);
      set_text(token.field, value);
      at_ += value.size() + 1;
    }
    return read_structured_data(error) && read_message(error);
  }

  bool read_structured_data(std::string& error) {
    if (peek() == '-') {
      ++at_;
      return true;
    }
    if (peek() != '[') return fail(error, "'-' or '['", at_);
    json_.clear();
    std::size_t size = 0;
    const char* what = nullptr;
    if (!structured_data_.read(rest(), json_, size, what)) return fail(error, what, at_ + size);
    set(structured_data_field, Slice::object(event_->batch->arena().copy(json_.view())));
    at_ += size;
    return true;
  }

  bool read_message(std::string& error) {
    if (at_ == line_.size()) return true;
    if (line_[at_] != ' ') return fail(error, "' ' or the end behind the structured data", at_);
    ++at_;
    at_ += byte_order_mark_size(rest());
    set(message_field, Slice::text(rest()));
    return true;
  }

  // ---- RFC 3164 ----

  bool read_rfc3164(bool has_priority, std::string& error) {
    skip_spaces();
    skip_sequence_number();
    if (!read_stamp()) {
      if (!has_priority) return fail(error, "'<' or a timestamp", at_);
      read_content();
      return true;
    }
    const bool colon = peek() == ':';
    if (colon) ++at_;
    skip_spaces();
    // Behind `stamp:` comes the tag at once (Cisco); else a word that is no tag yet is the host.
    if (!colon) read_hostname();
    read_content();
    return true;
  }

  // `123: ` of Cisco's `service sequence-numbers`.
  void skip_sequence_number() {
    std::size_t size = 0;
    while (is_digit(peek(size))) ++size;
    if (size != 0 && peek(size) == ':' && peek(size + 1) == ' ') at_ += size + 2;
    skip_spaces();
  }

  bool read_stamp() {
    const std::size_t mark = peek() == '*' || peek() == '.' ? 1 : 0;
    std::size_t size = 0;
    if (const auto stamp = read_syslog_stamp(rest().substr(mark), size)) {
      const ByteView text = line_.substr(at_ + mark, size);
      set(timestamp_field, Slice::text(settings_.rfc3339 ? normal(*stamp) : text));
      at_ += mark + size;
      return true;
    }
    const std::size_t space = rest().find(' ');
    const ByteView word = rest().substr(0, space);
    if (!looks_like_rfc3339(word)) return false;
    const bool colon = word.back() == ':';
    set(timestamp_field, Slice::text(word.substr(0, word.size() - (colon ? 1 : 0))));
    at_ += word.size() - (colon ? 1 : 0);
    return true;
  }

  ByteView normal(const SyslogStamp& stamp) const {
    return event_->batch->arena().copy(to_rfc3339(stamp, settings_.zone, static_cast<std::int64_t>(std::time(nullptr))));
  }

  void read_hostname() {
    const ByteView word = rest().substr(0, rest().find(' '));
    if (word.empty()) return;
    const bool ipv6 = looks_like_ipv6(word);
    const bool tag = !ipv6 && (word.back() == ':' || word.front() == '%' || word.find('[', 1) != ByteView::npos);
    if (tag) return;
    set_text(hostname_field, word);
    at_ += word.size();
    skip_spaces();
  }

  // `TAG[pid]: content`, or content alone.
  void read_content() {
    std::size_t end = at_;
    while (end < line_.size() && line_[end] != ' ' && line_[end] != ':' && line_[end] != '[') ++end;
    const ByteView tag = line_.substr(at_, end - at_);
    const auto ends_tag = [&](std::size_t colon) {
      return colon < line_.size() && line_[colon] == ':' && (colon + 1 == line_.size() || line_[colon + 1] == ' ');
    };
    if (!tag.empty() && end < line_.size() && line_[end] == '[') {
      const std::size_t close = line_.find(']', end);
      if (close != ByteView::npos && line_.substr(end, close - end).find(' ') == ByteView::npos) {
        set_text(app_name_field, tag);
        set_text(proc_id_field, line_.substr(end + 1, close - end - 1));
        at_ = close + 1;
        if (peek() == ':') ++at_;
      }
    } else if (!tag.empty() && ends_tag(end)) {
      set_text(app_name_field, tag);
      at_ = end + 1;
    }
    skip_spaces();
    if (at_ < line_.size()) set(message_field, Slice::text(rest()));
  }

  const Settings& settings_;
  FixedFields fields_;
  StructuredDataReader structured_data_;
  Buffer json_;
  // Of the line under way.
  Event* event_ = nullptr;
  ByteView line_;
  std::size_t at_ = 0;
};

class SyslogFormat final : public LineFormat {
 public:
  explicit SyslogFormat(Settings settings) : settings_(settings) {}
  std::unique_ptr<LineParser> open_parser(SlotTable& slots) const override { return std::make_unique<SyslogParser>(settings_, slots); }
  std::string describe() const override { return settings_.rfc3339 ? "syslog timestamps=rfc3339" : "syslog"; }

 private:
  Settings settings_;
};

Result<SyslogZone> parse_zone(const std::string& text) {
  if (text == "local") return SyslogZone{true, 0};
  if (text == "utc" || text == "UTC" || text == "Z") return SyslogZone{false, 0};
  const auto digit = [&](std::size_t i) { return text[i] - '0'; };
  const bool shaped = text.size() == 6 && (text[0] == '+' || text[0] == '-') && is_digit(text[1]) && is_digit(text[2]) && text[3] == ':' &&
                      is_digit(text[4]) && is_digit(text[5]);
  const int minutes = shaped ? (digit(1) * 10 + digit(2)) * 60 + digit(4) * 10 + digit(5) : 0;
  if (!shaped || minutes > 14 * 60)
    return Status(Code::invalid, "option 'zone' must be \"local\", \"utc\" or \"+hh:mm\", got \"" + text + "\"");
  return SyslogZone{false, text[0] == '-' ? -minutes : minutes};
}

Result<std::unique_ptr<DecoderPlan>> make_decoder(const Value& options, const std::string& framing_name) {
  Settings settings;
  const std::string timestamps = options.string_or("timestamps", "keep");
  if (timestamps != "keep" && timestamps != "rfc3339")
    return Status(Code::invalid, "option 'timestamps' must be \"keep\" or \"rfc3339\", got \"" + timestamps + "\"");
  settings.rfc3339 = timestamps == "rfc3339";
  Result<SyslogZone> zone = parse_zone(options.string_or("zone", "local"));
  if (!zone.ok()) return zone.take_status();
  settings.zone = *zone;
  const std::optional<SyslogFraming> framing = syslog_framing_from_name(framing_name);
  if (!framing) return Status(Code::invalid, "option 'framing' must be \"auto\", \"octet_counting\" or \"newline\", got \"" + framing_name + "\"");
  const auto event_bytes_max = static_cast<std::size_t>(options.integer_or("max_event_bytes", 1024 * 1024));
  return with_syslog_framing(std::make_unique<SyslogFormat>(settings), *framing, event_bytes_max);
}

}  // namespace

Result<std::unique_ptr<DecoderPlan>> make_syslog_decoder(const Value& options) { return make_decoder(options, options.string_or("framing", "newline")); }

Result<std::unique_ptr<DecoderPlan>> make_syslog_datagram_decoder(const Value& options) { return make_decoder(options, "datagrams"); }

}  // namespace penstock
