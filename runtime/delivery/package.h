// What a network sink sends at once: a body ready for the wire, and what is needed to take it apart again.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/bytes.h"
#include "runtime/event/ack.h"

namespace penstock {

// How a package's body was made. Kept with it in the spool: a package that waited there leaves as it was made, also when the
// script says something else by then.
struct PackageForm {
  std::string compression;       // name as in scripts: `none`, `gzip`, ...
  std::string content_type;      // of the uncompressed body: `application/x-ndjson`
  std::uint32_t prefix_bytes = 0;  // of the uncompressed body, before the first entry
  std::uint32_t suffix_bytes = 0;  // behind the last entry (and its separator, when one ends it)
  std::uint32_t separator_bytes = 0;
  bool separator_ends = true;      // the last entry is followed by the separator too
};

struct Package {
  // The same for every try, also after a restart: receivers can tell a repetition by it. 32 hexadecimal digits.
  std::string id;
  Buffer body;                             // prefix, entries with separators, suffix; compressed
  std::uint64_t plain_bytes = 0;           // of the body before compression
  std::vector<std::uint32_t> entry_bytes;  // of each entry, without separators; one for each event
  PackageForm form;
  std::chrono::system_clock::time_point made;
  std::vector<Ack> acks;                   // together for all its events; none when it came from the spool
  std::uint32_t attempts = 0;              // that failed

  std::uint32_t events() const { return static_cast<std::uint32_t>(entry_bytes.size()); }
  // Of memory, about: what queues are bounded by.
  std::size_t memory_bytes() const { return body.capacity() + entry_bytes.capacity() * sizeof(std::uint32_t) + acks.capacity() * sizeof(Ack); }
};

}  // namespace penstock
