// Events as RFC 5424 messages, the way the format `syslog` reads them.
#pragma once
#include <memory>
#include <string>

#include "bindings/codec/syslog_frames.h"
#include "runtime/base/status.h"
#include "runtime/plan/codec.h"

namespace penstock {

// What a message is made of. Each part comes from a field of the event, and when the event has none, is what stands here.
struct SyslogParts {
  int facility = 1;             // user
  int severity = 5;             // notice
  std::string hostname;         // empty: `-`
  std::string app_name = "penstock";

  enum class Body : std::uint8_t {
    automatic,  // the field `message`; the whole event as JSON when it has none
    message,    // the field `message`; nothing when it has none
    json,       // the whole event as JSON
  };
  Body body = Body::automatic;

  // Paths of the fields.
  std::string facility_field = "facility";         // a name or a number, see syslog_names.h
  std::string severity_field = "severity";         // the same; when the event has none, its field `level`
  std::string timestamp_field = "timestamp";       // RFC 3339, or RFC 3164 (then with the machine's zone); else the time of encoding
  std::string hostname_field = "hostname";
  std::string app_name_field = "app_name";
  std::string proc_id_field = "proc_id";
  std::string msg_id_field = "msg_id";
  std::string structured_data_field = "structured_data";  // an object of objects of strings; else none
  std::string message_field = "message";
};

// Framed as `framing` says: octet_counting (each entry is `LENGTH SP MESSAGE`, nothing in between), newline (a line end within a
// message becomes a space), datagrams (messages alone, nothing in between: a datagram is an entry).
// Header fields are what section 6 allows: other bytes than visible ASCII become `_`, and they are cut to 255 (hostname), 48
// (app_name), 128 (proc_id), 32 (msg_id) bytes. A message is not marked as UTF-8. Code::invalid: a path that is none.
Result<std::unique_ptr<EncoderPlan>> make_syslog_encoder(SyslogParts parts, SyslogFraming framing);

}  // namespace penstock
