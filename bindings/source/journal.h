// The systemd journal, entry by entry. In builds without libsystemd nothing of it can be opened.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/bytes.h"
#include "runtime/base/status.h"

namespace penstock {

struct JournalOptions {
  std::string directory;             // empty: this machine's
  std::vector<std::string> units;    // only what these wrote, or systemd about them; empty: everything
};

// Where an entry stands.
enum class JournalStart : std::uint8_t { beginning, end, boot };

// One reader; lives on one thread. Calls read from disk (pages that are mapped) and do not wait for new entries.
class Journal {
 public:
  static bool in_this_build();

  virtual ~Journal() = default;
  // Code::unsupported in builds without it, not_found, denied.
  static Result<std::unique_ptr<Journal>> open(const JournalOptions& options);

  virtual Status seek(JournalStart start) = 0;
  virtual Status seek(std::chrono::system_clock::time_point time) = 0;
  // Behind the entry of that cursor. False: it is there no more; reading goes on at the oldest one behind its place.
  virtual Result<bool> seek_behind(const std::string& cursor) = 0;
  // Goes to the next entry; false: there is none now.
  virtual Result<bool> next() = 0;
  // Appends the current entry as one JSON object on one line and a line end: `timestamp` (RFC 3339, microseconds),
  // `__REALTIME_TIMESTAMP` (microseconds since 1970, as a string), then the journal's own fields under their names, strings all; a field
  // that occurs more than once is an array, and bytes that are not UTF-8 become U+FFFD.
  virtual Status write_entry(Buffer& out) = 0;
  // Of the current entry. Behind seek(JournalStart::end): of the last one, when there is any.
  virtual Result<std::string> cursor() = 0;
  virtual Result<std::chrono::system_clock::time_point> time() = 0;
  // Readable when something has changed; then call process().
  virtual int fd() = 0;
  virtual void process() = 0;
};

}  // namespace penstock
