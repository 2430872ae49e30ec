// An object's key with places for dates and for what is in the object: `{yyyy}/{MM}/{dd}/{HH}/{pipeline}-{first_time}-{id}.{extension}`.
//
// A package's key is the same for every try, also after a restart with the same template and writer: nothing in it comes from the moment
// of sending. So an upload whose answer was lost is written over by its repetition, and the store does not hold its events twice.
#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include "bindings/sink/placed_text.h"
#include "runtime/base/status.h"

namespace penstock::object {

// Amazon S3 user guide, "Naming Amazon S3 objects": of UTF-8.
inline constexpr std::size_t key_bytes_max = 1024;

// What one package's key is made of.
struct KeyFacts {
  std::chrono::system_clock::time_point time;  // of its first event, or when it was begun; the places show it in UTC
  std::string_view id;                         // 32 hexadecimal digits
  std::string_view hash;                       // of the body's SHA-256, 16 hexadecimal digits; empty when !needs_hash()
};

// Who writes: the same for all its packages. `/` in them becomes `_`.
struct KeyWriter {
  std::string pipeline;
  std::string host;
  int worker = 0;
  std::string extension;  // ndjson.gz
};

// Places: {yyyy} {MM} {dd} {HH} {mm}, {pipeline} {host} {worker} {id} {hash} {first_time} (20261121T100205Z) {extension}.
// Immutable.
class KeyTemplate {
 public:
  KeyTemplate() = default;
  // Code::invalid for what PlacedText refuses; for a key that begins with `/`, has an empty, `.` or `..` segment, a backslash or a
  // control character, which stores and their tools treat each in their own way; and for one without {id} and {hash}, in which
  // packages would write over one another.
  static Result<KeyTemplate> parse(std::string_view text);

  std::string expand(const KeyFacts& facts, const KeyWriter& writer) const;
  // Code::invalid when the longest key of `writer` goes beyond key_bytes_max.
  Status check_length(const KeyWriter& writer) const;
  bool needs_hash() const;
  // The directory that every key is in, whatever its places say: `logs/edge/` of `logs/edge/{yyyy}/...`. Empty: the bucket itself.
  std::string directory() const;
  const std::string& text() const { return text_.text(); }

 private:
  PlacedText text_;
};

// The directory that `prefix` names, to stand before a key: `logs` and `logs/` become `logs/`, the empty one stays.
std::string as_directory(std::string prefix);

}  // namespace penstock::object
