// The files that AWS's tools share, ~/.aws/credentials and ~/.aws/config (AWS SDKs and Tools Reference Guide, "Format of the
// shared config and credentials files").
#pragma once
#include <map>
#include <string>
#include <string_view>

namespace penstock::credentials {

using IniSection = std::map<std::string, std::string, std::less<>>;
using IniFile = std::map<std::string, IniSection, std::less<>>;

// By sections' names as they stand between the brackets, spaces at both ends cut: `default`, `profile logs`. Keys are lower-cased.
// Spaces around `=` go; a line that begins with # or ; is a comment, and so is what follows # or ; after a space; lines that
// are indented belong to the value above them (nested settings) and are passed over, as is everything else that is no `key =
// value`. A section that comes twice is one. Any bytes may come.
IniFile parse_ini(std::string_view text);

}  // namespace penstock::credentials
