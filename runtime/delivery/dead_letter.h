// An event that could not be parsed, transformed or delivered, as one line of JSON:
//
//   {"time":"2026-11-21T10:00:00.000Z","pipeline":"edge","stage":"transform","reason":"edge.lua:9: ...",
//    "source":"/var/log/edge/a.ndjson","offset":1024,"size":17,"raw":"{\"broken\": true","truncated":false}
//
// `raw` is a string when the bytes are UTF-8, else `raw_base64` (RFC 4648 section 4) stands in its place. `offset` and
// `size` say where the event's bytes are in its source; `raw` holds the first of them when `truncated`.
#pragma once
#include <cstdint>
#include <string>

#include "runtime/base/bytes.h"
#include "runtime/base/status.h"

namespace penstock {

// To be written. All views are copied before the call returns. Never holds a secret: `raw` is the event as redacted so far.
struct DeadLetter {
  ByteView stage;             // which stage or sink gave it up: `parse json`, `transform`, `sink.http`
  ByteView reason;            // for people; starts with the script's line where there is one
  ByteView source;            // the stream's name: a path, `stdin`
  std::uint64_t offset = 0;   // of its first byte in the stream
  std::uint64_t size = 0;     // of the event's bytes; may be more than raw.size() when those were lost
  ByteView raw;               // its bytes
};

// As read back.
struct StoredLetter {
  std::string id;  // 16 hexadecimal digits, made of the line: the same letter has the same id in every run
  std::string time, pipeline, stage, reason, source;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::string raw;  // decoded
  bool truncated = false;
};

// Appends the line, line end included. Keeps at most `raw_bytes_max` bytes of raw (fewer, to end at a whole UTF-8 character).
void append_line(Buffer& out, ByteView pipeline, ByteView time, const DeadLetter& letter, std::size_t raw_bytes_max);

// Reads a line without its end. Fails with Code::corrupt on what append_line did not write: a torn line.
Result<StoredLetter> parse_letter(ByteView line);

// The id of a line without its end.
std::string letter_id(ByteView line);

// `name` as part of a file's name: bytes other than ASCII letters, digits, `_`, `-` and inner `.` become %XX; names that
// get longer than 200 bytes are cut and end in a hash of the whole, so different names stay different.
std::string safe_file_name(ByteView name);

}  // namespace penstock
