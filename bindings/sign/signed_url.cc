#include "bindings/sign/signed_url.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <random>

#include "bindings/sign/digest.h"

namespace penstock::sign {

namespace {

constexpr std::size_t md5_digits = 32;
constexpr std::size_t timestamp_digits_max = 12;
constexpr std::size_t rand_size_max = 128;

bool is_letter_or_digit(char byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

// The three parts between the hyphens.
struct Parts {
  std::string_view timestamp, rand, digest;

  static bool split(std::string_view auth_key, Parts& into) {
    const std::size_t first = auth_key.find('-');
    const std::size_t last = auth_key.rfind('-');
    if (first == std::string_view::npos || first == last) return false;
    into = {auth_key.substr(0, first), auth_key.substr(first + 1, last - first - 1), auth_key.substr(last + 1)};
    return into.timestamp.size() <= timestamp_digits_max && !into.rand.empty() && into.rand.size() <= rand_size_max &&
           into.rand.find('-') == std::string_view::npos && into.digest.size() == md5_digits;
  }
};

}  // namespace

Status check_private_key(std::string_view key) {
  if (key.size() >= 6 && key.size() <= 18 && std::all_of(key.begin(), key.end(), is_letter_or_digit)) return {};
  return Status(Code::invalid, "the private key of a signed URL has 6 to 18 letters and digits");
}

std::string signed_path(std::string_view path) { return path.starts_with('/') ? std::string(path) : "/" + std::string(path); }

Result<std::string> make_auth_key(std::string_view path, std::string_view private_key, std::int64_t timestamp, std::string_view rand) {
  const std::string stamped = std::to_string(timestamp) + "-" + std::string(rand) + "-";
  const std::string text = std::string(path) + "-" + stamped + std::string(private_key);
  const std::optional<Md5> digest = md5(text);
  if (!digest) return Status(Code::unsupported, "signed URLs need MD5, which this machine's OpenSSL forbids");
  return stamped + hex(view(*digest));
}

std::string random_token() {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) {
    std::random_device device;
    for (unsigned char& byte : bytes) byte = static_cast<unsigned char>(device());
  }
  return hex(view(bytes));
}

AuthKeyVerdict check_auth_key(std::string_view auth_key, std::string_view path, std::string_view private_key, std::int64_t now) {
  Parts parts;
  std::int64_t timestamp = 0;
  if (!Parts::split(auth_key, parts)) return AuthKeyVerdict::malformed;
  const char* const end = parts.timestamp.data() + parts.timestamp.size();
  const auto [stop, error] = std::from_chars(parts.timestamp.data(), end, timestamp);
  if (error != std::errc() || stop != end || timestamp < 0) return AuthKeyVerdict::malformed;
  if (timestamp < now) return AuthKeyVerdict::expired;
  const Result<std::string> expected = make_auth_key(path, private_key, timestamp, parts.rand);
  if (!expected.ok()) return AuthKeyVerdict::wrong;
  const std::string_view digest = std::string_view(expected.value()).substr(expected.value().size() - md5_digits);
  return CRYPTO_memcmp(digest.data(), parts.digest.data(), md5_digits) == 0 ? AuthKeyVerdict::right : AuthKeyVerdict::wrong;
}

}  // namespace penstock::sign
