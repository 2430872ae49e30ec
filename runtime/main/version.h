// `penstock version`.
#pragma once
#include <string>

namespace penstock {

// The program's version, and on further lines those of the libraries that it runs with.
std::string version_text();

}  // namespace penstock
