// Identities of packages.
#pragma once
#include <string>

namespace penstock {

// 128 random bits as 32 hexadecimal digits. Thread-safe.
std::string new_package_id();

}  // namespace penstock
