// Log lines that look real enough to try pipelines on, and are the same every time.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/bytes.h"

namespace penstock {

// Line number n depends on the seed and n alone, so a count of lines can be made in any order and by any number of workers.
// Time is made up too: line n is of the nth millisecond of 2026.
class SyntheticLog {
 public:
  enum class Kind : std::uint8_t {
    access,  // an edge access log: a JSON object with EdgeStartTimestamp, ClientIP, ClientRequestHost, ...
    nginx,   // nginx's combined format
    syslog,  // RFC 5424
    lines,   // the caller's, in turn
  };

  SyntheticLog(Kind kind, std::uint64_t seed) : kind_(kind), seed_(seed) {}
  // Requires at least one line, none with a line end.
  SyntheticLog(std::vector<std::string> lines) : kind_(Kind::lines), lines_(std::move(lines)) {}

  // Appends line `number`, with its line end.
  void append(std::uint64_t number, Buffer& out);

 private:
  void append_access(std::uint64_t number, Buffer& out);
  void append_nginx(std::uint64_t number, Buffer& out);
  void append_syslog(std::uint64_t number, Buffer& out);
  void move_clock(std::uint64_t number);

  Kind kind_;
  std::uint64_t seed_ = 0;
  std::vector<std::string> lines_;
  std::uint64_t second_ = UINT64_MAX;  // whose texts these are
  std::string iso_second_;             // 2026-01-01T00:00:00
  std::string log_time_;               // 01/Jan/2026:00:00:00 +0000
};

}  // namespace penstock
