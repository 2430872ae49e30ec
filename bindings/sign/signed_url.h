// URLs with a signature that expires, as edge clouds' log delivery signs its requests to an HTTP server:
//
//   http://HOST/PATH?auth_key=TIMESTAMP-RAND-MD5       MD5 = hex of md5(`PATH-TIMESTAMP-RAND-KEY`)
//
// TIMESTAMP is when it expires, in seconds since 1970; RAND any text without `-`; PATH has a leading slash and no parameters;
// KEY is a secret of both sides. Source: Alibaba Cloud ESA, "HTTP server authentication" (authentication of log delivery).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/status.h"

namespace penstock::sign {

// 6 to 18 letters and digits, as the vendor asks for; Code::invalid says so, without the key.
Status check_private_key(std::string_view key);

// With the leading slash that is signed.
std::string signed_path(std::string_view path);

// The value of `auth_key`. `path` from signed_path(); `rand` without `-`. Fails with Code::unsupported where the machine's
// OpenSSL forbids MD5.
Result<std::string> make_auth_key(std::string_view path, std::string_view private_key, std::int64_t timestamp, std::string_view rand);

// 32 hexadecimal digits that nobody can guess: a RAND.
std::string random_token();

enum class AuthKeyVerdict : std::uint8_t {
  right,
  malformed,  // not of that form
  expired,    // its time is before `now`
  wrong,      // signed with another key or for another path
};
// `now`: seconds since 1970. The signature is compared in constant time.
AuthKeyVerdict check_auth_key(std::string_view auth_key, std::string_view path, std::string_view private_key, std::int64_t now);

}  // namespace penstock::sign
