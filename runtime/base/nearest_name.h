// "did you mean": the known name that is most like a misspelt one.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace penstock {

// The name that the fewest edits (a letter put in, taken out, replaced, or swapped with its neighbour; letter case is free)
// turn `name` into; the first of several. Empty when every name needs more edits than a third of the longer one's length, or
// `name` is over 64 bytes.
std::string_view nearest_name(std::string_view name, std::span<const std::string_view> names);
std::string_view nearest_name(std::string_view name, const std::vector<std::string>& names);

}  // namespace penstock
