// Signed URLs from outside: any key is judged without harm, and one that is right is exactly what signing gives.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "bindings/sign/signed_url.h"

namespace sign = penstock::sign;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view key(reinterpret_cast<const char*>(data), size);
  const sign::AuthKeyVerdict verdict = sign::check_auth_key(key, "/v1/log", "abc123", 0);
  if (verdict != sign::AuthKeyVerdict::right) return 0;
  const std::size_t first = key.find('-'), last = key.rfind('-');
  const auto made = sign::make_auth_key("/v1/log", "abc123", std::stoll(std::string(key.substr(0, first))), key.substr(first + 1, last - first - 1));
  // Leading zeros of the time are the only other spelling.
  if (!made.ok() || !made.value().ends_with(key.substr(last + 1))) std::abort();
  return 0;
}
