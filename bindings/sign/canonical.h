// What the canonical forms of AWS and OSS have in common. Internal to this folder.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "bindings/sign/request.h"

namespace penstock::sign {

std::string lower(std::string_view text);
std::string_view trimmed(std::string_view text);

// Lower-case names, sorted; values trimmed, runs of spaces made one, those of one name joined by commas in their order.
std::vector<NameValue> canonical_headers(const std::vector<NameValue>& headers);
// The value of a header, by its lower-case name; null when it is not there.
const std::string* find_header(const std::vector<NameValue>& canonical, std::string_view name);

// Names and values percent-encoded, sorted by both.
std::vector<NameValue> canonical_query(const std::vector<NameValue>& query);

}  // namespace penstock::sign
