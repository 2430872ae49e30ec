// Syslog messages: RFC 5424, and what RFC 3164 describes. What the format `syslog` reads and makes of it.
//
// Told apart by what follows `<PRI>`: a version (1 to 3 digits, no leading zero) and a space mean RFC 5424, else RFC 3164.
// Trailing NUL bytes are cut. Fields, in this order, missing where the message has none (`-`):
//   priority         number, as written; missing when the message has no <PRI>
//   facility         name: kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp security console solaris-cron
//                    local0...local7; `user` without <PRI>
//   severity         name: emerg alert crit err warning notice info debug; `notice` without <PRI>
//   timestamp        text as it came (5424: shape checked only, any number of fraction digits), or RFC 3339 by option
//   hostname, app_name, proc_id, msg_id   text of any length; 3164 has no msg_id
//   structured_data  object: {"id":{"name":"value"}}; a name that occurs more than once in an element becomes an array of its values.
//                    Bytes that are not UTF-8 become U+FFFD
//   message          text, without a byte order mark (5424); missing when nothing follows the header
//
// Broken: a priority above 191 or with leading zeros; a 5424 header that is cut short, a timestamp of another shape, structured
// data against the grammar of section 6.3, or with the same id twice; a line with neither priority nor timestamp.
//
// RFC 3164 is read leniently. Taken: no <PRI>, a space after it, a Cisco sequence number, `*` or `.` before the stamp, months in any case,
// day padded by space, zero or nothing, a year behind day or time, fractions, a zone word, a colon behind the stamp, RFC 3339 stamps,
// no stamp at all (then no hostname either), no hostname. The tag ends at `[` or at a `:` that a space or the end follows; it
// is the app_name, what stands between brackets the proc_id. A word without either is not a tag but part of the message. White
// space between the tag's colon and the content belongs to neither (as syslog-ng does it; rsyslog keeps it).
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "runtime/base/bytes.h"

namespace penstock {

// A time without a year, as RFC 3164 has it, or with one.
struct SyslogStamp {
  int year = 0;              // 0: not written
  int month = 0;             // 1 to 12
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  ByteView fraction;         // the digits behind the dot
  ByteView zone;             // a zone word behind the time (`UTC`), empty mostly
};

// Reads `Mmm dd [yyyy] hh:mm:ss[.fraction] [yyyy] [ZONE:]` at the front of `text`, and sets `size` to its length. Nothing
// when no such stamp stands there.
std::optional<SyslogStamp> read_syslog_stamp(ByteView text, std::size_t& size);

// What a stamp without a zone means.
struct SyslogZone {
  bool local = true;         // the machine's zone
  int offset_minutes = 0;    // east of Greenwich, unless local
};

// The stamp as RFC 3339 text, `2024-11-03T10:11:12.345+01:00`. A missing year is that of `now` (seconds since 1970), or the
// one before when the result would lie more than a day in the future of `now`; for 29 February the latest leap year
// up to then. At most 6 digits of the fraction are kept (RFC 5424 section 6.2.3). Zone words UTC, GMT and Z mean +00:00, other words the zone.
std::string to_rfc3339(const SyslogStamp& stamp, const SyslogZone& zone, std::int64_t now);

}  // namespace penstock
