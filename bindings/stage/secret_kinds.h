// Finds well-known kinds of secrets and personal data in text, with hand-written scanners: linear, no allocation when there
// is nothing to find. When in doubt they find too much rather than too little; what they leave alone is said below.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/base/bytes.h"

namespace penstock {

enum class SecretKind : std::uint8_t { email, ipv4, ipv6, card, bearer };

// The names that scripts use.
std::optional<SecretKind> secret_kind(ByteView name);
const char* secret_kind_name(SecretKind kind);
inline constexpr const char* secret_kind_names = "email, ipv4, ipv6, card, bearer";

// Bytes [begin, end) of a text.
struct Span {
  std::size_t begin;
  std::size_t end;
  bool operator==(const Span&) const = default;
};

// Each appends what it finds to `hits`, in order and without overlaps.

// local@domain: the domain has at least two labels, the last of them alphabetic (root@localhost is none), or is an address in
// brackets. Local parts may be quoted; bytes from 0x80 on count as letters; the at sign may be percent-encoded (%40).
// RFC 5321 section 4.1.2, without `=`, `&`, `/` and `?` in local parts, so that of `user=joe@example.com` the address is found.
void find_emails(ByteView text, std::vector<Span>& hits);

// Four decimal numbers up to 255 without leading zeros (as inet_pton reads them) parted by dots. Five or more numbers in a row
// (1.2.3.4.5, an OID, a version) are no address. A letter before or after does not matter (v1.2.3.4 is found).
void find_ipv4(ByteView text, std::vector<Span>& hits);

// RFC 4291 section 2.2 as inet_pton reads it, IPv4 at the end included, without zone. Not a lone `::`; not within a word
// (std::begin). Times and MAC addresses have too few groups to be one.
void find_ipv6(ByteView text, std::vector<Span>& hits);

// 13 to 19 digits that begin with 2 to 6 (the card networks' ranges in ISO/IEC 7812) and satisfy the Luhn check, in one run or in
// groups of 4 to 6 (the last one of any length) parted by single spaces or dashes. Not the fraction of a decimal number.
void find_cards(ByteView text, std::vector<Span>& hits);

// Credentials, found without regard to case: what follows `Bearer` (RFC 6750 section 2.1), what follows `Authorization:` or
// `Authorization=` (with the scheme's name kept), and JSON Web Tokens (RFC 7519: three or five base64url parts, the first
// beginning with eyJ) wherever they stand.
void find_bearer_tokens(ByteView text, std::vector<Span>& hits);

void find(SecretKind kind, ByteView text, std::vector<Span>& hits);

}  // namespace penstock
