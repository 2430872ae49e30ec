// Percent-encoding as signatures want it (RFC 3986 section 2, stricter than what libraries for URLs do).
#pragma once
#include <string>
#include <string_view>

namespace penstock::sign {

// Everything but A-Z a-z 0-9 - _ . ~ becomes %XX with upper-case digits.
std::string percent_encode(std::string_view text);
// The same, but `/` stays: for paths.
std::string percent_encode_path(std::string_view path);

}  // namespace penstock::sign
