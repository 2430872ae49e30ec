// The text formats: what a source's `format` (or p.parse) and a sink's `format` can be besides JSON, with their options.
//
// All decoders: values are kind text, slices of the input; numbers only where the format says number, and then only if the
// text is a JSON number (RFC 8259 section 6), else text. Bytes that are not UTF-8 stay as they are. What does not parse goes
// to batch.broken with `<format>: expected <what> at byte <n>`. Decoders of one event a line: see line_format.h.
#pragma once
#include "runtime/plan/components.h"

namespace penstock {

// Adds a row for every format below, decoders and encoders, under the names written here.
void add_text_codecs(Components& components);

// `lines`. Each line, blank ones too, is an event with one field, `message`. Never fails. No options.
Result<std::unique_ptr<DecoderPlan>> make_lines_decoder(const Value& options);

// `nginx`, `apache`: access logs. Options:
//   log_format  `combined` (default), `common`, `vhost`, or the format string of the server's configuration; see log_format.h
//               for the fields that it makes
//   unescape    default true: \xHH, \" and the C escapes are undone when that gives UTF-8, else the value stays as it was
//               written; false: values stay as they were written
// Fields of combined: remote_addr, (ident,) remote_user, time_local, method, path, protocol, status, body_bytes_sent,
// http_referer, http_user_agent. `-` means absent: the field is missing. A request line that is not `METHOD TARGET
// [HTTP/...]` becomes the field `request`, whole, in place of the three. common has no referer and agent; vhost puts host and
// server_port (apache: server_name, and bytes_sent for body_bytes_sent) around them as the servers' own formats do.
Result<std::unique_ptr<DecoderPlan>> make_nginx_decoder(const Value& options);
Result<std::unique_ptr<DecoderPlan>> make_apache_decoder(const Value& options);

// `syslog`: RFC 5424 and RFC 3164, told apart line by line; see syslog.h for fields and leniency. Options:
//   timestamps  `keep` (default): as it came; `rfc3339`: RFC 3164 stamps get a year and a zone
//   zone        what a stamp without zone means: `local` (default), `utc`, or `+hh:mm`
//   framing     `newline` (default), `octet_counting`, `auto`: see syslog_frames.h; max_event_bytes bounds a counted message
Result<std::unique_ptr<DecoderPlan>> make_syslog_decoder(const Value& options);
// `syslog_datagrams`: the same, as sources of datagrams give it (the framing `datagrams` of syslog_frames.h). Not for scripts.
Result<std::unique_ptr<DecoderPlan>> make_syslog_datagram_decoder(const Value& options);

// `csv`: RFC 4180; see csv.h. Options:
//   columns     names of the fields, in order
//   header      default true without columns: the first record of each stream names the fields; with columns and header =
//               true the first record is skipped
//   delimiter   one byte, default `,`
//   quote       one byte, default `"`; `` for none
//   strict      default false; true refuses too few fields, text after a closing quote, and quotes within bare fields
Result<std::unique_ptr<DecoderPlan>> make_csv_decoder(const Value& options);

// `logfmt`: key=value pairs; see logfmt.h. No options.
Result<std::unique_ptr<DecoderPlan>> make_logfmt_decoder(const Value& options);

// `cef`: ArcSight Common Event Format; see cef.h. No options.
Result<std::unique_ptr<DecoderPlan>> make_cef_decoder(const Value& options);

// `regex`: each line by RE2, which searches (anchor with ^ and $). Options:
//   pattern     with at least one named group, (?<name>...) or (?P<name>...); the names are the fields. A group that took no
//               part in the match is missing, one that matched nothing is empty. Of two groups of one name the one that took
//               part counts, the first if both did. At most 256 groups.
Result<std::unique_ptr<DecoderPlan>> make_regex_decoder(const Value& options);

// `csv` out. One record an event; RFC 4180 quoting, only where needed. Options:
//   columns     paths of the fields (`status`, `headers.host`), in order; required
//   header      default true: each output begins with the columns' names (nested ones as their paths are written)
//   delimiter   one byte, default `,`
//   crlf        default false: records end with LF; true: with CR LF as the RFC says
// Missing and null are empty; objects and arrays are their JSON text.
Result<std::unique_ptr<EncoderPlan>> make_csv_encoder(const Value& options);

// `logfmt` out. Values are quoted when they are the word `null` or hold bytes <= space, `=`, `"` or no UTF-8 (which
// becomes U+FFFD); null is `null`, an empty string `key=`, objects and arrays are their quoted JSON text. In names, bytes
// that a key cannot hold become `_`. No options.
Result<std::unique_ptr<EncoderPlan>> make_logfmt_encoder(const Value& options);

// `raw` out. The bytes an event came as, without change, when no stage edited it. An edited event is its `message` when it
// has no other field, else its JSON text. No options.
Result<std::unique_ptr<EncoderPlan>> make_raw_encoder(const Value& options);

}  // namespace penstock
