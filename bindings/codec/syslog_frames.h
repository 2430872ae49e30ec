// How syslog messages follow one another on a connection: RFC 6587 (and RFC 5425, which is its octet counting over TLS).
#pragma once
#include <memory>
#include <optional>
#include <string_view>

#include "bindings/codec/line_format.h"

namespace penstock {

enum class SyslogFraming : std::uint8_t {
  newline,         // section 3.4.2: a message ends with LF, or CR LF; what a file has
  octet_counting,  // section 3.4.1: `LENGTH SP MESSAGE`, nothing in between
  automatic,       // told apart for each message: by its length when it begins with a digit, by its line's end when not
  datagrams,       // as octet_counting, by a source that puts the lengths there itself: they are right (RFC 5426: a datagram, a message)
};

// By the names of scripts: `newline`, `octet_counting`, `auto`; `datagrams` is for sources.
std::optional<SyslogFraming> syslog_framing_from_name(std::string_view name);

// `format` as connections have it. A counted message may hold line ends; one at its own end is cut off, and blanks between
// messages are skipped, for there are senders that do both. Not splittable.
//
// What goes to batch.broken, for the dead letter: a message longer than `event_bytes_max` (its first bytes; the rest is skipped, and
// the next message is found); a length that is none (`0`, more than 9 digits, no space behind it, longer than
// that and no `<` behind the space), with everything up to the next
// line end, where the next message is looked for; a stream's end within a message.
std::unique_ptr<DecoderPlan> with_syslog_framing(std::unique_ptr<LineFormat> format, SyslogFraming framing, std::size_t event_bytes_max);

}  // namespace penstock
