#include "runtime/delivery/package_id.h"

#include <sys/random.h>

#include <array>
#include <random>

namespace penstock {

namespace {

// The kernel's, which early in a machine's life may not be ready: then the library's.
std::array<unsigned char, 16> random_bytes() {
  std::array<unsigned char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), GRND_NONBLOCK) == static_cast<ssize_t>(bytes.size())) return bytes;
  std::random_device device;
  for (unsigned char& byte : bytes) byte = static_cast<unsigned char>(device());
  return bytes;
}

}  // namespace

std::string new_package_id() {
  constexpr char digits[] = "0123456789abcdef";
  std::string id;
  id.reserve(32);
  for (const unsigned char byte : random_bytes()) {
    id += digits[byte >> 4];
    id += digits[byte & 15];
  }
  return id;
}

}  // namespace penstock
