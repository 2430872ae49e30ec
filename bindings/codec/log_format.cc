#include "bindings/codec/log_format.h"

#include <algorithm>
#include <array>

namespace penstock {

namespace {

using Type = LogFormat::Type;

bool is_name_byte(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// Puts literals and fields together, and sees to it that a scanner can tell the fields apart.
class Assembly {
 public:
  void literal(char c) { literal_ += c; }

  bool field(std::string name, Type type) {
    if (!format_.parts.empty() && literal_.empty()) {
      failure_ = "nothing stands between the fields '" + format_.parts.back().name + "' and '" + name + "'";
      return false;
    }
    const bool quoted = !literal_.empty() && literal_.back() == '"';
    place_literal();
    format_.parts.push_back({std::move(name), type, {}, quoted});
    return true;
  }

  Result<LogFormat> finish(std::string_view text) {
    if (failure_.empty() && format_.parts.empty()) failure_ = "it has no field";
    if (!failure_.empty()) return fail(text, failure_);
    place_literal();
    // A quote before a field opens quotes only if the field's end closes them.
    for (LogFormat::Part& part : format_.parts) part.quoted = part.quoted && part.after.starts_with('"');
    return std::move(format_);
  }

  static Status fail(std::string_view text, const std::string& why) {
    return Status(Code::invalid, "log_format '" + std::string(text) + "': " + why);
  }

 private:
  void place_literal() {
    (format_.parts.empty() ? format_.before : format_.parts.back().after) = std::move(literal_);
    literal_.clear();
  }

  LogFormat format_;
  std::string literal_;
  std::string failure_;
};

// Takes the backslash escape at text[at] as a configuration file means it.
char take_escape(std::string_view text, std::size_t& at) {
  const char c = text[at + 1];
  at += 2;
  if (c == 't') return '\t';
  if (c == 'n') return '\n';
  return c;
}

bool is_escape(std::string_view text, std::size_t at) {
  return text[at] == '\\' && at + 1 < text.size() && ByteView("\"'\\tn").find(text[at + 1]) != ByteView::npos;
}


Type nginx_type(std::string_view name) {
  static constexpr std::array<std::string_view, 28> numbers = {
      "body_bytes_sent", "bytes_received", "bytes_sent", "connection", "connection_requests", "connection_time", "connections_active",
      "content_length", "gzip_ratio", "msec", "pid", "proxy_protocol_port", "proxy_protocol_server_port", "remote_port",
      "request_length", "request_time", "server_port", "session_time", "status", "tcpinfo_rcv_space", "tcpinfo_rtt", "tcpinfo_rttvar",
      "tcpinfo_snd_cwnd", "upstream_connect_time", "upstream_header_time", "upstream_response_length", "upstream_response_time",
      "upstream_status"};
  if (name == "request") return Type::request;
  return std::find(numbers.begin(), numbers.end(), name) != numbers.end() ? Type::number : Type::text;
}

std::string_view nginx_preset(std::string_view name) {
  if (name == "combined")
    return R"($remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent")";
  if (name == "common") return R"($remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent)";
  if (name == "vhost")
    return R"($host:$server_port $remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent")";
  return name;
}

std::string_view apache_preset(std::string_view name) {
  if (name == "combined") return R"(%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i")";
  if (name == "common") return R"(%h %l %u %t "%r" %>s %b)";
  if (name == "vhost") return R"(%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-agent}i")";
  return name;
}

struct Directive {
  bool original = false;       // `<`
  std::string_view argument;   // between braces
  std::string_view letters;    // one, or `^ti` and `^to`
};

// Reads a directive from behind its percent sign on; false when it is cut short.
bool take_directive(std::string_view text, std::size_t& at, Directive& out) {
  const auto more = [&] { return at < text.size(); };
  while (more() && (ByteView("<>!,").find(text[at]) != ByteView::npos || (text[at] >= '0' && text[at] <= '9'))) {
    out.original = out.original || text[at] == '<';
    ++at;
  }
  if (more() && text[at] == '{') {
    const std::size_t close = text.find('}', at);
    if (close == ByteView::npos) return false;
    out.argument = text.substr(at + 1, close - at - 1);
    at = close + 1;
  }
  if (!more()) return false;
  out.letters = text.substr(at, text[at] == '^' ? 3 : 1);
  at += out.letters.size();
  return true;
}

std::string suffixed(std::string_view prefix, std::string_view argument) {
  std::string name(prefix);
  for (const char c : argument) {
    if (c >= 'A' && c <= 'Z')
      name += static_cast<char>(c - 'A' + 'a');
    else
      name += is_name_byte(c) ? c : '_';
  }
  return name;
}

struct Named {
  std::string name;  // empty: unknown
  Type type = Type::text;
};

Named name_of_argument_directive(const Directive& d) {
  if (d.letters == "^ti") return {suffixed("trailer_", d.argument), Type::text};
  if (d.letters == "^to") return {suffixed("sent_trailer_", d.argument), Type::text};
  switch (d.letters[0]) {
    case 'C': return {suffixed("cookie_", d.argument), Type::text};
    case 'e': return {suffixed("env_", d.argument), Type::text};
    case 'i': return {suffixed("http_", d.argument), Type::text};
    case 'n': return {suffixed("note_", d.argument), Type::text};
    case 'o': return {suffixed("sent_http_", d.argument), Type::text};
    default: return {};
  }
}

Named name_of(const Directive& d) {
  const std::string_view x = d.argument;
  switch (d.letters[0]) {
    case 'a': return {x == "c" ? "peer_addr" : "client_addr", Type::text};
    case 'A': return {"local_addr", Type::text};
    case 'b':
    case 'B': return {"body_bytes_sent", Type::number};
    case 'D': return {"request_time_us", Type::number};
    case 'f': return {"filename", Type::text};
    case 'h': return {x == "c" ? "peer_addr" : "remote_addr", Type::text};
    case 'H': return {"protocol", Type::text};
    case 'I': return {"bytes_received", Type::number};
    case 'k': return {"keepalive_requests", Type::number};
    case 'l': return {"ident", Type::text};
    case 'L': return {"log_id", Type::text};
    case 'm': return {"method", Type::text};
    case 'O': return {"bytes_sent", Type::number};
    case 'p': return {x == "remote" ? "remote_port" : x == "local" ? "local_port" : "server_port", Type::number};
    case 'P': return {x == "tid" || x == "hextid" ? "tid" : "pid", x == "hextid" ? Type::text : Type::number};
    case 'q': return {"query", Type::text};
    case 'r': return {"request", Type::request};
    case 'R': return {"handler", Type::text};
    case 's': return {d.original ? "original_status" : "status", Type::number};
    case 'S': return {"bytes_transferred", Type::number};
    case 't': return {x.empty() ? "time_local" : "time", Type::text};
    case 'T': return {x == "ms" ? "request_time_ms" : x == "us" ? "request_time_us" : "request_time", Type::number};
    case 'u': return {"remote_user", Type::text};
    case 'U': return {"path", Type::text};
    case 'v': return {"server_name", Type::text};
    case 'V': return {"host", Type::text};
    case 'X': return {"connection_status", Type::text};
    default: return name_of_argument_directive(d);
  }
}

}  // namespace

Result<LogFormat> compile_nginx_log_format(std::string_view given) {
  const std::string_view text = nginx_preset(given);
  Assembly assembly;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '$') {
      if (is_escape(text, at))
        assembly.literal(take_escape(text, at));
      else
        assembly.literal(text[at++]);
      continue;
    }
    const bool braced = at + 1 < text.size() && text[at + 1] == '{';
    const std::size_t begin = at + (braced ? 2 : 1);
    std::size_t end = begin;
    while (end < text.size() && is_name_byte(text[end])) ++end;
    if (end == begin || (braced && (end == text.size() || text[end] != '}')))
      return Assembly::fail(text, "a variable's name is expected after '$' at byte " + std::to_string(at));
    const std::string_view name = text.substr(begin, end - begin);
    if (!assembly.field(std::string(name), nginx_type(name))) break;
    at = end + (braced ? 1 : 0);
  }
  return assembly.finish(text);
}

Result<LogFormat> compile_apache_log_format(std::string_view given) {
  const std::string_view text = apache_preset(given);
  Assembly assembly;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '%') {
      if (is_escape(text, at))
        assembly.literal(take_escape(text, at));
      else
        assembly.literal(text[at++]);
      continue;
    }
    const std::size_t percent = at++;
    if (at < text.size() && text[at] == '%') {
      assembly.literal('%');
      ++at;
      continue;
    }
    Directive directive;
    const bool whole = take_directive(text, at, directive);
    Named named = whole ? name_of(directive) : Named{};
    if (named.name.empty())
      return Assembly::fail(text, "unknown directive '" + std::string(text.substr(percent, at - percent)) + "' at byte " + std::to_string(percent));
    const bool bracketed = directive.letters == "t" && directive.argument.empty();
    if (bracketed) assembly.literal('[');
    if (!assembly.field(std::move(named.name), named.type)) break;
    if (bracketed) assembly.literal(']');
  }
  return assembly.finish(text);
}

}  // namespace penstock
