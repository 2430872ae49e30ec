#include "bindings/codec/syslog_encode.h"

#include <chrono>
#include <ctime>

#include "bindings/codec/syslog.h"
#include "bindings/codec/syslog_names.h"
#include "runtime/base/clock.h"
#include "runtime/event/event_json.h"
#include "runtime/event/json_text.h"
#include "runtime/event/path.h"

namespace penstock {

namespace {

constexpr ByteView nil = "-";

struct Paths {
  Path facility, severity, timestamp, hostname, app_name, proc_id, msg_id, structured_data, message;
};

struct Settings {
  SyslogParts parts;
  Paths paths;
  SyslogFraming framing;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// `dddd-dd-ddTdd:dd:dd`, in which T may be small.
bool has_date_and_time(ByteView text) {
  static constexpr char shape[] = "0000-00-00T00:00:00";
  if (text.size() < sizeof shape - 1) return false;
  for (std::size_t i = 0; i < sizeof shape - 1; ++i)
    if (shape[i] == '0' ? !is_digit(text[i]) : text[i] != shape[i] && !(i == 10 && text[i] == 't')) return false;
  return true;
}

// Appends an RFC 3339 time as RFC 5424 section 6.2.3 wants it; false, and nothing appended, when it is none.
bool append_rfc3339(ByteView text, Buffer& out) {
  constexpr std::size_t seconds_end = 19, fraction_max = 6;
  if (!has_date_and_time(text)) return false;
  std::size_t end = seconds_end;
  if (end < text.size() && text[end] == '.') {
    do ++end;
    while (end < text.size() && is_digit(text[end]));
    if (end == seconds_end + 1) return false;
  }
  const ByteView zone = text.substr(end);
  const bool utc = zone == "Z" || zone == "z";
  const bool offset = zone.size() == 6 && (zone[0] == '+' || zone[0] == '-') && is_digit(zone[1]) && is_digit(zone[2]) && zone[3] == ':' &&
                      is_digit(zone[4]) && is_digit(zone[5]);
  if (!utc && !offset) return false;
  out.append(text.substr(0, 10));
  out.append('T');
  out.append(text.substr(11, std::min(end, seconds_end + 1 + fraction_max) - 11));
  out.append(utc ? ByteView("Z") : zone);
  return true;
}

void append_number(std::size_t number, Buffer& out) { out.append(std::to_string(number)); }

bool is_sd_name_byte(char c) { return c > ' ' && c < 127 && c != '=' && c != ']' && c != '"'; }

// SD-NAME: 1 to 32 bytes (section 6.3.2).
void append_sd_name(ByteView name, Buffer& out) {
  constexpr std::size_t name_max = 32;
  if (name.empty()) out.append('_');
  for (const char c : name.substr(0, name_max)) out.append(is_sd_name_byte(c) ? c : '_');
}

void append_sd_value(ByteView value, Buffer& out) {
  for (const char c : value) {
    if (c == '"' || c == '\\' || c == ']') out.append('\\');
    out.append(c);
  }
}

class SyslogEncoder final : public Encoder {
 public:
  SyslogEncoder(const Settings& settings, SlotTable& slots) : settings_(settings) {
    const Paths& paths = settings.paths;
    facility_ = slots.add(paths.facility);
    severity_ = slots.add(paths.severity);
    level_ = slots.add("level");
    timestamp_ = slots.add(paths.timestamp);
    hostname_ = slots.add(paths.hostname);
    app_name_ = slots.add(paths.app_name);
    proc_id_ = slots.add(paths.proc_id);
    msg_id_ = slots.add(paths.msg_id);
    structured_data_ = slots.add(paths.structured_data);
    message_ = slots.add(paths.message);
  }

  void encode(Batch& batch, std::span<const std::uint32_t> events, Buffer& out) override {
    for (const std::uint32_t index : events) {
      message_bytes_.clear();
      write(batch[index], batch.arena());
      if (settings_.framing == SyslogFraming::octet_counting) {
        append_number(message_bytes_.size(), out);
        out.append(' ');
      }
      out.append(message_bytes_.view());
      if (settings_.framing == SyslogFraming::newline) out.append('\n');
    }
  }

 private:
  // Empty when the event has no such field, or null there. Numbers are their text.
  static ByteView text(Event& event, SlotNumber slot, Arena& arena) {
    if (slot == SlotTable::no_slot) return {};
    const Slice& value = event.get(slot);
    if (!value.present() || value.kind == Kind::null) return {};
    return value.is_string() ? json::string_value(value, arena) : value.view();
  }

  void write(Event& event, Arena& arena) {
    Buffer& out = message_bytes_;
    out.append('<');
    append_number(static_cast<std::size_t>(facility(event, arena) * 8 + severity(event, arena)), out);
    out.append(">1 ");
    write_timestamp(text(event, timestamp_, arena));
    write_header(text(event, hostname_, arena), settings_.parts.hostname, 255);
    write_header(text(event, app_name_, arena), settings_.parts.app_name, 48);
    write_header(text(event, proc_id_, arena), nil, 128);
    write_header(text(event, msg_id_, arena), nil, 32);
    out.append(' ');
    write_structured_data(event, arena);
    const std::size_t start = out.size();
    write_body(event, arena);
    if (settings_.framing == SyslogFraming::newline) {
      for (std::size_t i = start; i < out.size(); ++i)
        if (out.data()[i] == '\n') out.data()[i] = ' ';
    }
  }

  int facility(Event& event, Arena& arena) const { return syslog_facility(text(event, facility_, arena)).value_or(settings_.parts.facility); }
  int severity(Event& event, Arena& arena) const {
    if (const std::optional<int> own = syslog_severity(text(event, severity_, arena))) return *own;
    return syslog_severity(text(event, level_, arena)).value_or(settings_.parts.severity);
  }

  void write_timestamp(ByteView stamp) {
    Buffer& out = message_bytes_;
    if (append_rfc3339(stamp, out)) return;
    std::size_t size = 0;
    const auto old = read_syslog_stamp(stamp, size);
    if (old && size == stamp.size())
      out.append(to_rfc3339(*old, {}, static_cast<std::int64_t>(std::time(nullptr))));
    else
      out.append(format_utc(std::chrono::system_clock::now()));
  }

  void write_header(ByteView value, ByteView fallback, std::size_t bytes_max) {
    Buffer& out = message_bytes_;
    out.append(' ');
    const ByteView chosen = (value.empty() ? fallback : value).substr(0, bytes_max);
    if (chosen.empty()) return out.append(nil);
    for (const char c : chosen) out.append(c > ' ' && c < 127 ? c : '_');
  }

  // `[id name="value"]` for each member that is an object, `-` when there is none.
  void write_structured_data(Event& event, Arena& arena) {
    Buffer& out = message_bytes_;
    const std::size_t start = out.size();
    const Slice data = structured_data_ == SlotTable::no_slot ? Slice::missing() : event.get(structured_data_);
    if (data.kind == Kind::object) {
      json::for_each_member(data.view(), [&](const Slice& id, const Slice& element) {
        if (element.kind == Kind::object) write_element(json::string_value(id, arena), element, arena);
      });
    }
    if (out.size() == start) out.append(nil);
  }

  void write_element(ByteView id, const Slice& element, Arena& arena) {
    Buffer& out = message_bytes_;
    out.append('[');
    append_sd_name(id, out);
    json::for_each_member(element.view(), [&](const Slice& name, const Slice& value) {
      out.append(' ');
      append_sd_name(json::string_value(name, arena), out);
      out.append("=\"");
      append_sd_value(value.is_string() ? json::string_value(value, arena) : value.view(), out);
      out.append('"');
    });
    out.append(']');
  }

  void write_body(Event& event, Arena& arena) {
    Buffer& out = message_bytes_;
    using Body = SyslogParts::Body;
    if (settings_.parts.body != Body::json) {
      const bool has_message = message_ != SlotTable::no_slot && event.get(message_).present();
      const ByteView message = text(event, message_, arena);
      if (!message.empty()) {
        out.append(' ');
        out.append(message);
      }
      if (has_message || settings_.parts.body == Body::message) return;
    }
    out.append(' ');
    append_event_json(event, out);
  }

  const Settings& settings_;
  SlotNumber facility_, severity_, level_, timestamp_, hostname_, app_name_, proc_id_, msg_id_, structured_data_, message_;
  Buffer message_bytes_;
};

class SyslogEncoderPlan final : public EncoderPlan {
 public:
  explicit SyslogEncoderPlan(Settings settings) : settings_(std::move(settings)) {
    framing_ = {"", settings_.framing == SyslogFraming::newline ? "\n" : "", true, "", "application/syslog", "log"};
  }
  std::unique_ptr<Encoder> open(SlotTable& slots) const override { return std::make_unique<SyslogEncoder>(settings_, slots); }
  const Framing& framing() const override { return framing_; }
  std::string describe() const override { return "syslog"; }

 private:
  const Settings settings_;
  Framing framing_;
};

}  // namespace

Result<std::unique_ptr<EncoderPlan>> make_syslog_encoder(SyslogParts parts, SyslogFraming framing) {
  Settings settings{std::move(parts), {}, framing};
  const SyslogParts& named = settings.parts;
  const std::pair<const std::string&, Path&> paths[] = {
      {named.facility_field, settings.paths.facility},   {named.severity_field, settings.paths.severity},
      {named.timestamp_field, settings.paths.timestamp}, {named.hostname_field, settings.paths.hostname},
      {named.app_name_field, settings.paths.app_name},   {named.proc_id_field, settings.paths.proc_id},
      {named.msg_id_field, settings.paths.msg_id},       {named.structured_data_field, settings.paths.structured_data},
      {named.message_field, settings.paths.message},
  };
  for (const auto& [text, path] : paths) {
    Result<Path> parsed = parse_path(text);
    if (!parsed.ok()) return parsed.take_status();
    path = *std::move(parsed);
  }
  return std::unique_ptr<EncoderPlan>(std::make_unique<SyslogEncoderPlan>(std::move(settings)));
}

}  // namespace penstock
