// Hashes and message authentication codes, by OpenSSL, and the two spellings of their bytes.
#pragma once
#include <array>
#include <memory>
#include <optional>
#include <string>

#include "runtime/base/bytes.h"

namespace penstock::sign {

using Sha256 = std::array<unsigned char, 32>;  // FIPS 180-4
using Sha1 = std::array<unsigned char, 20>;    // FIPS 180-4
using Md5 = std::array<unsigned char, 16>;     // RFC 1321

// What every signature here stands on: without it (a broken OpenSSL, no memory) the process ends.
Sha256 sha256(ByteView bytes);
Sha256 hmac_sha256(ByteView key, ByteView message);  // RFC 2104
Sha1 hmac_sha1(ByteView key, ByteView message);
// Nothing where the system's policy forbids MD5 (FIPS mode).
std::optional<Md5> md5(ByteView bytes);

// A hash of bytes that come in pieces.
class StreamedDigest {
 public:
  enum class Kind : unsigned char { md5, sha256 };
  explicit StreamedDigest(Kind kind);
  ~StreamedDigest();
  StreamedDigest(const StreamedDigest&) = delete;
  StreamedDigest& operator=(const StreamedDigest&) = delete;

  void add(ByteView piece);
  // Empty where MD5 is asked for and forbidden. Nothing may follow.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

template <std::size_t size>
ByteView view(const std::array<unsigned char, size>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), size};
}

// Lower-case hexadecimal digits, two for each byte.
std::string hex(ByteView bytes);
// RFC 4648 section 4, with padding, in one line.
std::string base64(ByteView bytes);

}  // namespace penstock::sign
