// The format strings of web servers' access logs, compiled to what a scanner needs: fields and the text between them.
// Authority: nginx ngx_http_log_module and its variables index; Apache mod_log_config and mod_logio.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/bytes.h"
#include "runtime/base/status.h"

namespace penstock {

struct LogFormat {
  enum class Type : std::uint8_t { text, number, request };
  struct Part {
    std::string name;
    Type type = Type::text;
    std::string after;     // the literal text that ends it; empty: it reaches to the end of the line
    bool quoted = false;   // stands in "": an escaped quote does not end it
  };
  std::string before;      // the literal text at the front of the line
  std::vector<Part> parts; // never empty
};

// nginx: `$name` and `${name}` are fields called `name`; http_x, sent_http_x, upstream_http_x and cookie_x keep their names.
// $request is split, and so are its parts method, path, protocol. Numbers are the variables that nginx prints as one decimal
// number: status, body_bytes_sent, bytes_sent, request_length, request_time, msec, connection, connection_requests, pid,
// remote_port, server_port, content_length, gzip_ratio, upstream_status, upstream_response_time, ... (a list of several
// upstream values is text). A field given twice is taken the first time and skipped after.
// A literal backslash escape of the configuration file (\" \' \\ \t) is undone.
// Also takes the names common, combined and vhost. Fails with Code::invalid: no field, two fields with nothing between them,
// a `$` that no name follows.
Result<LogFormat> compile_nginx_log_format(std::string_view text);

// apache: the directives, modifiers (`%>s`, `%!200,304{Referer}i`) allowed, are fields called
//   %a client_addr, %{c}a peer_addr, %A local_addr, %B %b body_bytes_sent, %{X}C cookie_x, %D request_time_us, %{X}e env_x,
//   %f filename, %h remote_addr, %H protocol, %{X}i http_x, %I bytes_received, %k keepalive_requests, %l ident, %L log_id,
//   %m method, %{X}n note_x, %{X}o sent_http_x, %O bytes_sent, %p server_port (%{remote}p remote_port, %{local}p local_port),
//   %P pid (%{tid}P tid), %q query, %r the request as above, %R handler, %s %>s status, %<s original_status, %S bytes_transferred,
//   %t time_local (its brackets are literal text), %{...}t time, %T request_time (%{ms}T request_time_ms, %{us}T request_time_us),
//   %u remote_user, %U path, %v server_name, %V host, %X connection_status, %{X}^ti trailer_x, %{X}^to sent_trailer_x
// where x is X in lower case with `_` for other than letters and digits. `%%` is a percent sign. Sizes, times, ports, pids
// and status codes are numbers. Else as above; unknown directives fail.
Result<LogFormat> compile_apache_log_format(std::string_view text);

}  // namespace penstock
