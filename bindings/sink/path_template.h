// A file's path with places for the date and for who writes: `/var/out/{yyyy}/{MM}/{dd}/{pipeline}-{worker}.ndjson`.
#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include "bindings/sink/placed_text.h"
#include "runtime/base/status.h"

namespace penstock {

// {yyyy} {MM} {dd} {HH} {mm} are the UTC time of writing; {pipeline}, {host} and {worker} (its number) who writes, with `/`
// in them made `_`. Immutable.
class PathTemplate {
 public:
  struct Writer {
    std::string pipeline;
    std::string host;
    int worker = 0;
  };

  PathTemplate() = default;
  // Code::invalid for an unknown or unclosed place and an empty text.
  static Result<PathTemplate> parse(std::string_view text);

  std::string expand(std::chrono::system_clock::time_point time, const Writer& writer) const;
  // Whether time changes the path; it does so at most once a minute.
  bool dated() const;
  const std::string& text() const { return text_.text(); }

 private:
  PlacedText text_;
};

}  // namespace penstock
