// Texts with places in braces, `{yyyy}/{pipeline}.log`: what the templates of file paths and object keys have in common.
#pragma once
#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"

namespace penstock {

// Immutable.
class PlacedText {
 public:
  struct Part {
    int place = -1;       // in the list of names; -1: the literal
    std::string literal;
  };

  PlacedText() = default;
  // `what` is for messages: `path`. Code::invalid for an empty text, an unclosed place, and one that `names` does not have,
  // with the known ones and the nearest.
  static Result<PlacedText> parse(std::string_view text, std::string_view what, std::span<const std::string_view> names);

  const std::vector<Part>& parts() const { return parts_; }
  const std::string& text() const { return text_; }
  bool has(int place) const;

 private:
  std::string text_;
  std::vector<Part> parts_;
};

// The date's places, which stand first in every list of names: UTC.
inline constexpr std::string_view date_places[] = {"yyyy", "MM", "dd", "HH", "mm"};
inline constexpr int date_place_count = 5;
// Requires 0 <= place < date_place_count.
std::string date_place(int place, std::chrono::system_clock::time_point time);

// One segment of a path: `/` becomes `_`.
std::string one_segment(std::string text);

}  // namespace penstock
